// `npm run chaos`: builds when needed, then runs the soak in this very process, so that Ctrl-C reaches it alone.
import { register } from 'tsx/esm/api';
import { ensureBuilt } from './bootstrap.mjs';

ensureBuilt(); // its workers run the built command
register();
await import('../chaos/main.ts');
