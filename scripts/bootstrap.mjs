// Runs the airtempo command from a checkout: installs node modules and builds when that is needed, so that
// one command is enough on a fresh machine. What it prints goes to stderr.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SOURCES = [
  'core',
  'workflows',
  'activities',
  'connections',
  'schedules',
  'workers',
  'cli',
  'dags',
  'generator',
  'insights',
  'local',
  'index.ts',
];

/** Newest change below a path, in ms; 0 when there is nothing. */
function newest(target) {
  if (!existsSync(target)) return 0;
  const stat = statSync(target);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(target).map((name) => newest(path.join(target, name))));
}

function run(title, command, args) {
  process.stderr.write(`${title}\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Makes node_modules match the lock file, and dist/ match the sources. */
export function ensureBuilt() {
  const installed = newest(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed < newest(path.join(root, 'package-lock.json'))) {
    run('Installing node modules (about a minute the first time) …', npm(), [
      'ci',
      '--no-audit',
      '--no-fund',
    ]);
  }
  const built = newest(path.join(root, 'dist', '.complete'));
  if (built < Math.max(...SOURCES.map((source) => newest(path.join(root, source))))) {
    run('Building …', process.execPath, [path.join(root, 'scripts', 'build.mjs')]);
  }
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureBuilt();
  await import(pathToFileURL(path.join(root, 'dist', 'cli', 'main.js')).href);
}
