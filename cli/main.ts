#!/usr/bin/env node
/** The `airtempo` command: puts the command groups together and turns errors into messages and exit codes. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isAirtempoError } from '../core/errors.js';
import { createApp } from './app.js';
import { COMMAND_GROUPS } from './command-groups.js';
import { computeExitCode } from './exit-code.js';
import { say, style } from './output.js';

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

const wanted = readWantedGroup(process.argv.slice(2));
for (const group of COMMAND_GROUPS) {
  const command = group.name === wanted ? await group.load(app) : new Command(group.name);
  program.addCommand(command.description(group.description));
}
for (const command of allCommands(program)) command.exitOverride();

/** The group that the arguments ask for, or for whose help they ask. The program itself has no option with a value. */
function readWantedGroup(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

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
