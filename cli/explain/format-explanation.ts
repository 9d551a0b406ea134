/** An explanation as a person reads it: the run, then a short paragraph for each task. */
import { formatRunHead } from '../runs/show.js';
import { fit, formatDuration, formatState, style, type ShownState } from '../output.js';
import type { ExplainedTask, NextTick, RunExplanation, ShownCause } from './explain-run.js';
import type { QueueInfo } from './task-queue.js';

interface View {
  readonly width: number;
  readonly now: Date;
}

const INDENT = '    ';

/** The whole text. */
export function formatExplanation({ run, tasks, silentQueue, next }: RunExplanation, view: View): string {
  const queue = silentQueue === undefined ? [] : ['', ...formatSilence(silentQueue, run.status, view)];
  const failure = tasks.length === 0 && run.failure !== undefined ? ['', style('red', run.failure)] : [];
  const paused =
    run.paused === true ? ['', 'The run is paused: nothing new starts until it is resumed.'] : [];
  const paragraphs = tasks.flatMap((task) => ['', ...formatTask(task, run.workflowId, view)]);
  const calm = tasks.length === 0 && silentQueue === undefined && run.failure === undefined;
  return [
    ...formatRunHead(run, view.now),
    ...paused,
    ...queue,
    ...failure,
    ...(calm ? ['', 'Every task succeeded.'] : paragraphs),
    ...formatNext(next, view),
  ].join('\n');
}

function formatSilence(queue: QueueInfo, status: string, view: View): readonly string[] {
  if (queue.pollers > 0) return [`The run has not been planned yet: ${formatQueue(queue, view)}.`];
  const what = status === 'RUNNING' ? 'The run waits' : 'Nothing more can be said of it';
  return [`${what}: ${formatQueue(queue, view)}.`];
}

/** `no worker polls the task queue redshift` or how many do. */
function formatQueue({ name, pollers, lastSeenAt, backlog }: QueueInfo, { now }: View): string {
  if (pollers === 0) {
    const seen =
      lastSeenAt === undefined
        ? ''
        : ` (the last was seen ${formatDuration(now.getTime() - Date.parse(lastSeenAt))} ago)`;
    return `no worker polls the task queue ${name}${seen}`;
  }
  const waiting = backlog === undefined || backlog === 0 ? '' : `, and ${String(backlog)} tasks wait in it`;
  return `${String(pollers)} ${pollers === 1 ? 'worker polls' : 'workers poll'} the task queue ${name}${waiting}`;
}

function formatTask(task: ExplainedTask, workflowId: string, view: View): readonly string[] {
  const tries =
    task.tryNumber === undefined
      ? ''
      : style('dim', `  try ${String(task.tryNumber)} of ${String(task.maxTries)}`);
  const head = `${formatState(task.state)}  ${style('bold', task.taskId)}${tries}`;
  return [head, ...sentencesOf(task, workflowId, view).map((text) => `${INDENT}${text}`)];
}

function sentencesOf(task: ExplainedTask, workflowId: string, view: View): readonly string[] {
  if (task.state === 'failed') {
    const log = style('dim', `its log: airtempo runs logs ${workflowId} ${task.taskId}`);
    return [style('red', oneLine(task.message ?? 'no message', view)), log];
  }
  if (task.state === 'up_for_retry') return describeRetry(task, view);
  if (task.state === 'up_for_reschedule') return describeReschedule(task, view);
  if (task.state === 'queued') return describeQueued(task, view);
  if (task.state === 'running') return describeRunning(task, view);
  return [...describeOwnSkip(task), ...describeReason(task), ...describeCauses(task, view)];
}

function describeRetry(
  { attempt, message, tryNumber = 1, queue }: ExplainedTask,
  view: View,
): readonly string[] {
  const left = attempt?.dueAt === undefined ? 0 : Date.parse(attempt.dueAt) - view.now.getTime();
  const when =
    left > 0
      ? `starts in ${formatDuration(left)}, at ${String(attempt?.dueAt).slice(11, 19)} UTC`
      : 'is due now';
  return [
    `try ${String(tryNumber)} ${when}`,
    `try ${String(tryNumber - 1)} failed: ${oneLine(message ?? 'no message', view)}`,
    ...(queue?.pollers === 0 ? [formatQueue(queue, view)] : []),
  ];
}

/** A sensor between two looks. */
function describeReschedule({ attempt, message }: ExplainedTask, view: View): readonly string[] {
  const left = attempt?.dueAt === undefined ? 0 : Date.parse(attempt.dueAt) - view.now.getTime();
  const when = left > 0 ? `in ${formatDuration(left)}` : 'now';
  return [`looks again ${when}: ${oneLine(message ?? 'not yet', view)}`];
}

function describeQueued({ attempt, queue, pool }: ExplainedTask, view: View): readonly string[] {
  const since =
    attempt?.dueAt === undefined
      ? ''
      : ` for ${formatDuration(view.now.getTime() - Date.parse(attempt.dueAt))}`;
  const where = pool === undefined ? 'a worker' : `a slot of pool ${pool}`;
  return [
    `waits${since} for ${where}${queue === undefined ? '' : `: ${formatQueue(queue, view)}`}`,
    ...(queue?.pollers === 0 && pool !== undefined
      ? [style('dim', `serve it: airtempo worker --pool ${pool}`)]
      : []),
  ];
}

function describeRunning({ attempt, message }: ExplainedTask, { now, ...view }: View): readonly string[] {
  if (attempt?.startedAt === undefined) return ['is in the hands of the engine'];
  const since = formatDuration(Math.max(0, now.getTime() - Date.parse(attempt.startedAt)));
  return [
    `runs for ${since}${attempt.worker === undefined ? '' : ` on worker ${attempt.worker}`}`,
    ...(message === undefined ? [] : [`the try before failed: ${oneLine(message, { now, ...view })}`]),
  ];
}

/** The reason without the state, which the line above says. */
function describeReason({ reason, state, causes, message }: ExplainedTask): readonly string[] {
  const text = reason.startsWith(`is ${state}: `) ? reason.slice(`is ${state}: `.length) : reason;
  if (text !== `is ${state}`) return [text];
  return causes.length > 0 || message !== undefined ? [] : ['was not started: the run was stopped'];
}

function describeOwnSkip({ state, message, causes }: ExplainedTask): readonly string[] {
  return state === 'skipped' && message !== undefined && causes.length === 0 ? [message] : [];
}

function describeCauses({ taskId, causes, causeCount, state }: ExplainedTask, view: View): readonly string[] {
  const because = state === 'none' ? 'waits for' : 'because of';
  const lines = causes.flatMap((cause) => describeCause(cause, taskId, because, view));
  const left = causeCount - causes.length;
  return left === 0 ? lines : [...lines, style('dim', `… and ${String(left)} more`)];
}

function describeCause(cause: ShownCause, taskId: string, because: string, view: View): readonly string[] {
  const message = cause.message === undefined ? '' : `: ${cause.message}`;
  const way =
    cause.via.length === 0 ? '' : style('dim', `  ${formatWay([cause.taskId, ...cause.via, taskId])}`);
  return [
    fit(
      `${because} ${cause.taskId}, which ${describeState(cause.state)}${message}`,
      view.width - INDENT.length,
    ),
    ...(way === '' ? [] : [way]),
  ];
}

const STATES: Readonly<Partial<Record<ShownState, string>>> = {
  failed: 'failed',
  success: 'succeeded',
  skipped: 'was skipped',
  queued: 'waits for a worker',
  scheduled: 'waits for a slot',
  up_for_retry: 'waits for its next try',
  up_for_reschedule: 'looks again and again',
};

function describeState(state: ShownState): string {
  return STATES[state] ?? `is ${state}`;
}

const WAY_ENDS = 3;

function formatWay(ids: readonly string[]): string {
  const shown = ids.length <= 2 * WAY_ENDS ? ids : [...ids.slice(0, WAY_ENDS), '…', ...ids.slice(-WAY_ENDS)];
  return shown.join(' → ');
}

function oneLine(text: string, { width }: View): string {
  return fit(text, Math.max(60, 2 * width - INDENT.length));
}

function formatNext(next: NextTick | undefined, { now }: View): readonly string[] {
  if (next === undefined) return [];
  if (next.paused)
    return [
      '',
      style('dim', `The DAG's schedule is paused${next.note === undefined ? '' : `: ${next.note}`}.`),
    ];
  if (next.at === undefined) return ['', style('dim', "The DAG's schedule has no run to come.")];
  const left = formatDuration(Math.max(0, Date.parse(next.at) - now.getTime()));
  return [
    '',
    style('dim', `The DAG runs next in ${left}, at ${next.at.slice(0, 16).replace('T', ' ')} UTC.`),
  ];
}
