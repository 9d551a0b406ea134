/** A process that owns a stack until it is killed. Prints one line of JSON when the stack is ready. */

import { startStack } from '../../local/stack.js';
import type { ServiceName } from '../../local/stack.js';

const [dir, ...services] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: stack-starter.ts DIR [SERVICE...]');
// A shell's Ctrl-C reaches the whole foreground group; this owner decides to go on.
process.on('SIGINT', () => undefined);
const stack = await startStack({
  dir,
  ports: { temporal: 0, temporalUi: 0, postgres: 0, s3: 0 },
  ...(services.length > 0 ? { services: services as ServiceName[] } : {}),
});
process.stdout.write(`${JSON.stringify({ ...stack, stop: undefined })}\n`);
setInterval(() => undefined, 60_000);
