/** `airtempo runs logs`: the log of one try of a task, as it was kept or as it grows. */
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import { suggest } from '../../core/suggest.js';
import type { TryLog } from '../../workers/task-logs.js';
import type { App } from '../app.js';
import { readRun, type FollowedTask } from '../follow-run.js';
import { formatLogLine } from '../format-log.js';
import { print, say, style } from '../output.js';
import { withTemporal } from '../temporal.js';
import { wholeNumber } from '../whole-number.js';

interface LogsOptions {
  readonly try?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Where a log is looked for. */
interface TaskOfRun {
  readonly workflowId: string;
  readonly taskId: string;
}

const POLL_MS = 500;
const FINAL: readonly string[] = ['success', 'failed', 'skipped', 'upstream_failed', 'removed'];

/** The command. */
export function logsCommand(app: App): Command {
  return new Command('logs')
    .description('show the log of a task: its newest try, or the one you name')
    .argument('<workflowId>')
    .argument('<taskId>')
    .option('--try <n>', 'the try, from 1; tries after a clear or a rerun count on', wholeNumber(1))
    .option('-f, --follow', 'go on until the task has ended, through all its tries')
    .option('--json', 'print the lines as they are kept: one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  airtempo runs logs awst_redshift_dag-2018-11-03T00:00:00Z stage_events
  airtempo runs logs awst_redshift_dag-2018-11-03T00:00:00Z stage_events --try 1 --json | jq .msg
The logs are in $AIRTEMPO_LOGS, which workers and this command need to share (default: $AIRTEMPO_HOME/logs/tasks).`,
    )
    .action((workflowId: string, taskId: string, options: LogsOptions) =>
      showLogs(app, { workflowId, taskId }, options),
    );
}

async function showLogs(app: App, where: TaskOfRun, options: LogsOptions): Promise<void> {
  const logs = await app.taskLogs.list(where.workflowId, where.taskId);
  if (options.follow === true) return follow(app, where, options);
  const log = options.try === undefined ? logs.at(-1) : logs.find((one) => one.tryNumber === options.try);
  if (log === undefined) throw await explainMissing(app, where, logs, options.try);
  if (options.json !== true) say(formatHead(log, logs));
  await printFrom(app, log, 0, options);
}

function formatHead({ tryNumber, scheduledAt }: TryLog, logs: readonly TryLog[]): string {
  const last = logs.at(-1)?.tryNumber ?? tryNumber;
  const of = last === 1 ? '' : style('dim', ` of ${String(last)}`);
  const at = scheduledAt.toISOString().slice(0, 19).replace('T', ' ');
  return `${style('bold', `try ${String(tryNumber)}`)}${of}${style('dim', `  handed to the workers ${at} UTC`)}`;
}

/** Prints what there is from a position on; returns the position after it. */
async function printFrom(app: App, log: TryLog, start: number, options: LogsOptions): Promise<number> {
  let position = start;
  for (;;) {
    const part = await app.taskLogs.read(log, position);
    if (part.position === position) return position;
    position = part.position;
    const lines = part.text.split('\n').filter((line) => line !== '');
    print(lines.map((line) => (options.json === true ? line : formatLogLine(line))).join('\n'));
  }
}

/** Prints the log as it grows, try after try, until the task has its final state. */
async function follow(app: App, where: TaskOfRun, options: LogsOptions): Promise<void> {
  await withTemporal(app, async ({ client }) => {
    const first =
      options.try ?? (await app.taskLogs.list(where.workflowId, where.taskId)).at(-1)?.tryNumber ?? 1;
    const positions = new Map<number, number>();
    for (;;) {
      const run = await readRun(client, where.workflowId);
      const task = findTask(run.tasks, where);
      const logs = await app.taskLogs.list(where.workflowId, where.taskId);
      for (const log of logs.filter(({ tryNumber }) => tryNumber >= first)) {
        if (!positions.has(log.tryNumber) && options.json !== true) say(formatHead(log, logs));
        const position = positions.get(log.tryNumber) ?? 0;
        positions.set(log.tryNumber, await printFrom(app, log, position, options));
      }
      const isOver = run.status !== 'RUNNING' || FINAL.includes(task.state);
      if (isOver) return;
      await delay(POLL_MS);
    }
  });
}

function findTask(tasks: readonly FollowedTask[], { workflowId, taskId }: TaskOfRun): FollowedTask {
  const task = tasks.find(({ id }) => id === taskId);
  if (task !== undefined) return task;
  throw new AirtempoError(
    'UNKNOWN_ID',
    `Run ${workflowId} has no task ${JSON.stringify(taskId)}.${suggest(
      taskId,
      tasks.map(({ id }) => id),
    )} See "airtempo runs show ${workflowId}".`,
  );
}

/** Says what there is instead, and why there may be nothing. */
async function explainMissing(
  app: App,
  where: TaskOfRun,
  logs: readonly TryLog[],
  wanted: number | undefined,
): Promise<AirtempoError> {
  const { workflowId, taskId } = where;
  if (logs.length > 0) {
    const tries = logs.map(({ tryNumber }) => String(tryNumber)).join(', ');
    return notFound(
      `There is no log of try ${String(wanted)} of task ${taskId} of run ${workflowId}. There ${logs.length === 1 ? 'is one of try' : 'are logs of the tries'} ${tries}: use --try.`,
    );
  }
  let task: FollowedTask | undefined;
  await withTemporal(app, async ({ client }) => {
    task = findTask((await readRun(client, workflowId)).tasks, where);
  });
  const state = task?.state ?? 'none';
  if (task?.operator === 'empty') {
    return notFound(`Task ${taskId} of run ${workflowId} has no log: it is empty, and no worker runs it.`);
  }
  const reason =
    task?.startedAt === undefined
      ? `it is ${state} and has not started. Ask "airtempo explain ${workflowId} ${taskId}" why.`
      : `it is ${state}, and its worker keeps logs elsewhere. Set AIRTEMPO_LOGS to what the workers have (here: ${app.taskLogs.place}).`;
  return notFound(`There is no log of task ${taskId} of run ${workflowId}: ${reason}`);
}

function notFound(message: string): AirtempoError {
  return new AirtempoError('LOG_NOT_FOUND', message);
}
