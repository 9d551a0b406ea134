// `npm run mutation`: runs Stryker on core/, or on the files that are named. stryker.config.mjs has the settings.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `Usage: npm run mutation -- [files] [options]

Changes core/ in small ways ("mutants") and runs the tests of core/ on each. A mutant that no test notices survives:
it is listed, and counts against the score. The command fails below 85 %.

  npm run mutation                             all of core/
  npm run mutation -- core/run.ts              one file
  npm run mutation -- core/run.ts:100-140      some lines of it
  npm run mutation -- --incremental            only what changed since the last --incremental
  npm run mutation -- --concurrency 2          two processes at once; other options of "stryker run" work too

The report is in .airtempo/mutation: report.html for people, report.json for programs.
`;

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
process.exit(main(process.argv.slice(2)));

function main(args) {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const isFile = (arg) => arg.startsWith('core/');
  const files = args.filter(isFile);
  const missing = files.filter((file) => !existsSync(path.join(root, file.replace(/:.*/, ''))));
  if (missing.length > 0) {
    process.stderr.write(`No such file: ${missing.join(', ')}. Name files of core/, such as core/run.ts.\n`);
    return 2;
  }
  return runStryker([
    ...args.filter((arg) => !isFile(arg)),
    ...(files.length > 0 ? ['--mutate', files.join(',')] : []),
  ]);
}

function runStryker(options) {
  const stryker = path.join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', ...options], {
    cwd: root,
    stdio: 'inherit',
  });
  return status ?? 1;
}
