// `npm test`: installs node modules when needed, then runs Jest on real services, which the suites start and
// stop themselves. Arguments go to Jest: npm test -- test/core
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './bootstrap.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
ensureBuilt(); // the suites of the command line run the built command
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
