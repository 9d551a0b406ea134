#!/usr/bin/env node
/** The `airtempo` command: puts the command groups together and turns errors into messages and exit codes. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isAirtempoError } from '../core/errors.js';
import { createApp } from './app.js';
import { awsCommand } from './aws.js';
import { backfillCommand } from './backfill.js';
import { computeExitCode, connectionsCommand } from './connections.js';
import { createConnectionsDeps } from './connections-deps.js';
import { dagsCommand } from './dags.js';
import { dataCommand } from './data.js';
import { demoCommand } from './demo.js';
import { deployCommand } from './deploy.js';
import { devCommand } from './dev.js';
import { emrCommand } from './emr.js';
import { explainCommand } from './explain.js';
import { say, style } from './output.js';
import { poolsCommand } from './pools.js';
import { redshiftCommand } from './redshift.js';
import { runsCommand } from './runs.js';
import { s3Command } from './s3.js';
import { tasksCommand } from './tasks.js';
import { variablesCommand } from './variables.js';
import { workerCommand } from './worker.js';

// Node 20 is supported by us as long as it is by the AWS SDK that is pinned here: its notice is for us, not for users
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// whoever reads on may have seen enough: `airtempo runs logs … | head`
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const app = createApp(process.env, process.cwd());

const program = new Command('airtempo')
  .description('Airflow-style DAGs in TypeScript, run durably by Temporal')
  .version(readVersion())
  .showHelpAfterError('(add --help for the options)')
  .addHelpText('after', '\nStart with:\n  airtempo dev\n  airtempo dags trigger awst_redshift_dag --watch');

program.addCommand(devCommand(app));
program.addCommand(workerCommand(app));
program.addCommand(deployCommand(app));
program.addCommand(dagsCommand(app));
program.addCommand(runsCommand(app));
program.addCommand(backfillCommand(app));
program.addCommand(explainCommand(app));
program.addCommand(tasksCommand(app));
program.addCommand(poolsCommand(app));
program.addCommand(connectionsCommand(createConnectionsDeps(app)));
program.addCommand(variablesCommand(app));
program.addCommand(emrCommand(app));
program.addCommand(redshiftCommand(app));
program.addCommand(s3Command(app));
program.addCommand(awsCommand(app));
program.addCommand(dataCommand());
program.addCommand(demoCommand(app));
for (const command of allCommands(program)) command.exitOverride();

function* allCommands(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* allCommands(child);
}

function readVersion(): string {
  const text = ['../../package.json', '../package.json']
    .map((path) => readText(new URL(path, import.meta.url)))
    .find((found) => found !== '');
  return (JSON.parse(text ?? '{}') as { readonly version?: string }).version ?? 'unknown';
}

function readText(url: URL): string {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return '';
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) say(app.scrubber.scrub(formatError(error)));
  process.exitCode = computeExitCode(error);
}

function formatError(error: unknown): string {
  const head = style('red', 'error');
  if (isAirtempoError(error)) return `${head} ${error.code}: ${error.message}`;
  // not one of ours: a bug, so show where
  return `${head}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
