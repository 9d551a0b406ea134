/** `airtempo deploy`: makes the schedules on Temporal those of the DAGs, and shows what it changes. */
import { statSync } from 'node:fs';
import { Command } from 'commander';
import { AirtempoError } from '../core/errors.js';
import { deploy, type DeployedStep, type DeployResult } from '../schedules/deploy.js';
import type { Change } from '../schedules/schedule-view.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import type { App } from './app.js';
import { formatTable, print, printJson, say } from './output.js';
import { describeStarted, signNote } from './switch-dags.js';
import { connectTemporal } from './temporal.js';

interface DeployCommandOptions {
  readonly dags: readonly string[];
  readonly taskQueue: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly unpause?: boolean;
  readonly json?: boolean;
}

/** The command. */
export function deployCommand(app: App): Command {
  return new Command('deploy')
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs). With single files no DAG counts as removed',
      [],
    )
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--dry-run', 'only show what would change')
    .option('--check', 'as --dry-run, but exit code 1 if anything would change')
    .option('--unpause', 'switch new DAGs on at once; by default they start paused')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  airtempo deploy --dry-run
  airtempo deploy && airtempo dags unpause nightly_report
A DAG that is gone is paused, never deleted: temporal schedule delete --schedule-id old_report`,
    )
    .action((options: DeployCommandOptions) => runDeploy(app, options));
}

async function runDeploy(app: App, options: DeployCommandOptions): Promise<void> {
  const loaded = await app.loadDags(options.dags);
  for (const { error } of loaded.errors) say(`error: ${error.message}`);
  if (loaded.dags.size === 0) throw noDags();
  const isDry = options.dryRun === true || options.check === true;
  const isComplete = loaded.errors.length === 0 && !options.dags.some(isFile);
  const session = await connectTemporal(app);
  let result: DeployResult;
  try {
    result = await deploy(session.client, loaded.dags, {
      taskQueue: options.taskQueue,
      isComplete,
      unpause: options.unpause === true,
      dryRun: isDry,
      note: signNote('Switched on by airtempo deploy'),
      now: new Date(),
    });
  } finally {
    await session.close();
  }
  if (loaded.errors.length > 0) warnUnsure(result.unsure);
  if (options.json === true) printJson(describeResult(result, isDry));
  else print(formatResult(result, isDry));
  const hasFailed = result.steps.some(({ kind, error }) => kind === 'refused' || error !== undefined);
  const hasChanges = result.steps.some(({ kind }) => kind !== 'unchanged');
  if (loaded.errors.length > 0 || hasFailed || (options.check === true && hasChanges)) process.exitCode = 1;
}

function noDags(): AirtempoError {
  return new AirtempoError(
    'DAG_LOAD_FAILED',
    'No DAG could be loaded, and a deploy would take every deployed one for removed. Check --dags or AIRTEMPO_DAGS.',
  );
}

function isFile(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isFile() === true;
}

function warnUnsure(dagIds: readonly string[]): void {
  if (dagIds.length === 0) return;
  say(
    `warning: ${dagIds.join(', ')}: not in the files that could be loaded. Their schedules are left as they are; ` +
      'mend the files above and deploy again.',
  );
}

function describeResult({ steps }: DeployResult, dryRun: boolean): object {
  return {
    dryRun,
    steps: steps.map((step) => ({
      dagId: step.dagId,
      action: step.kind,
      ...('paused' in step ? { paused: step.paused } : {}),
      ...(step.kind === 'update' ? { drift: step.drift, changes: step.changes } : {}),
      ...(step.kind === 'pause' ? { reason: step.reason } : {}),
      ...(step.kind === 'refused' ? { message: step.message } : {}),
      ...(step.started === undefined ? {} : { started: step.started }),
      ...(step.error === undefined ? {} : { error: describeError(step.error) }),
    })),
  };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function formatResult({ steps }: DeployResult, isDry: boolean): string {
  const lines = steps.flatMap((step) => formatStep(step));
  const changed = steps.filter(({ kind }) => kind !== 'unchanged' && kind !== 'refused').length;
  const sum =
    changed === 0
      ? `Nothing to do: ${String(steps.length)} checked.`
      : `${String(changed)} of ${String(steps.length)} ${isDry ? 'would change' : 'changed'}.`;
  return [
    ...(lines.length === 0 ? [] : [formatTable(['', 'dag', ''], lines).split('\n').slice(1).join('\n')]),
    sum,
  ].join('\n');
}

function formatStep(step: DeployedStep): readonly (readonly string[])[] {
  const [first = '', ...rest] = step.error === undefined ? describeStep(step) : [describeError(step.error)];
  const kind = step.error === undefined ? step.kind : 'failed';
  return [[kind, step.dagId, first], ...rest.map((line) => ['', '', line])];
}

function describeStep(step: DeployedStep): readonly string[] {
  switch (step.kind) {
    case 'create':
      return [
        `${step.desired.timetable}, ${step.paused ? `paused: "airtempo dags unpause ${step.dagId}"` : 'switched on'}`,
        ...describeStarted(step.started),
      ];
    case 'update':
      return [
        ...(step.drift ? ['drift: somebody has changed the schedule, it is set right'] : []),
        ...(step.resume ? ['its DAG is back: switched on again'] : []),
        ...formatChanges(step.changes),
        ...describeStarted(step.started),
      ];
    case 'pause':
      return [step.reason === 'removed' ? 'its DAG is gone' : 'its DAG has no schedule any more'];
    case 'unchanged':
      return [step.paused ? 'paused' : 'on'];
    case 'refused':
      return [step.message];
  }
}

/** A change of the clock changes that are mended may be long. */
const MOST_CHANGES_SHOWN = 12;

function formatChanges(changes: readonly Change[]): readonly string[] {
  const shown = changes
    .slice(0, MOST_CHANGES_SHOWN)
    .map(({ field, from, to }) => `${field}: ${from} → ${to}`);
  const left = changes.length - shown.length;
  return left > 0 ? [...shown, `… and ${String(left)} more (--json shows all)`] : shown;
}
