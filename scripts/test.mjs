// `npm test`: installs node modules when needed, then runs Jest on real services, which the suites start and
// stop themselves. Arguments go to Jest: npm test -- test/core
// With --again, suites that fail are run once more, one at a time, and those that pass only then are named: on a busy
// machine a real server sometimes answers late. A suite that fails twice fails the command.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './bootstrap.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
ensureBuilt(); // the suites of the command line run the built command
process.exit(args.includes('--again') ? testTwice(args.filter((arg) => arg !== '--again')) : runJest(args));

function runJest(options) {
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...options],
    { cwd: root, stdio: 'inherit' },
  );
  return status ?? 1;
}

function testTwice(options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'airtempo-test-'));
  const report = path.join(folder, 'report.json');
  try {
    const status = runJest([...options, '--json', `--outputFile=${report}`]);
    const failed = status === 0 ? [] : readFailedSuites(report);
    if (failed.length === 0) return status; // passed, or ended before any suite did
    console.error(`\n${failed.length} suites failed; once more, one at a time:\n  ${failed.join('\n  ')}\n`);
    const again = runJest(['--runInBand', '--runTestsByPath', ...failed]);
    if (again === 0) console.error(`\nFlaky, passed at the second try:\n  ${failed.join('\n  ')}`);
    return again;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readFailedSuites(report) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => path.relative(root, name));
}
