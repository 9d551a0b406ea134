/**
 * Calls one callback of a DAG: finds its code, tells it what happened, and gives it a minute. Knows nothing of
 * Temporal.
 */
import { stripIndex } from '../core/expand-graph.js';
import type { Dag } from '../core/dag.js';
import type { TaskLogger } from '../core/context.js';
import { AirtempoError } from '../core/errors.js';
import { isNotifier, type Callback, type CallbackEvent, type CallbackInput } from '../core/notifier.js';
import { createRunContext } from '../core/run-facts.js';
import type { NotifyCall } from '../workflows/contract.js';
import type { TaskEnvironment } from './execute-task.js';

/** A service that has not answered by then will not. */
export const LONGEST_NOTIFICATION_MS = 60_000;

/** How a callback is called. */
export interface NotifyOptions {
  readonly log: TaskLogger;
  /** Aborts the callback. */
  readonly signal: AbortSignal;
  /** The run's page in the Web UI. */
  readonly url?: string | undefined;
  /** Default one minute. */
  readonly timeoutMs?: number;
}

/** Calls the callback that the run names. Throws what it throws; TASK_CODE_MISSING when it is gone from the DAG file. */
export async function notify(
  call: NotifyCall,
  env: Pick<TaskEnvironment, 'dags' | 'connection' | 'variable'>,
  options: NotifyOptions,
): Promise<void> {
  const callback = findCallback(call, env.dags);
  const { signal, timeoutMs = LONGEST_NOTIFICATION_MS } = options;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  await Promise.race([
    callback(createInput(call, env, { ...options, signal: limit })),
    whenAborted(limit, call),
  ]);
}

/** The callbacks of an event, in the worker's current code. */
export function callbacksOf(
  { run, taskId, event }: Pick<NotifyCall, 'run' | 'taskId' | 'event'>,
  dags: ReadonlyMap<string, Dag>,
): readonly Callback[] {
  const dag = dags.get(run.dagId);
  const code = taskId === undefined ? dag?.callbacks : dag?.code.get(stripIndex(taskId))?.callbacks;
  return code?.[event] ?? [];
}

function findCallback(call: NotifyCall, dags: ReadonlyMap<string, Dag>): Callback {
  const { name, index, taskId, event, run } = call;
  const list = callbacksOf(call, dags);
  const isCalled = (callback: Callback | undefined): boolean =>
    callback !== undefined && (isNotifier(callback) ? callback.notifierName : 'inline') === name;
  // the list may have been edited since the run began
  const callback = isCalled(list[index]) ? list[index] : list.find(isCalled);
  if (callback !== undefined) return callback;
  throw new AirtempoError(
    'TASK_CODE_MISSING',
    `This worker has no code for the callback ${event} (${name}) of ${taskId === undefined ? '' : `task ${taskId} of `}DAG ${run.dagId}. ` +
      `The DAG file was edited after the run began, or this worker loads other DAG files.`,
  );
}

function createInput(
  call: NotifyCall,
  env: Pick<TaskEnvironment, 'connection' | 'variable'>,
  { log, signal, url }: NotifyOptions,
): CallbackInput {
  const run = createRunContext(call.run);
  const { taskId, event: name, state, tryNumber, reason } = call;
  const event: CallbackEvent = Object.freeze({
    kind: taskId === undefined ? 'dag' : 'task',
    event: name,
    dagId: run.dagId,
    runId: run.runId,
    ...(taskId === undefined ? {} : { taskId }),
    ...(tryNumber === undefined ? {} : { tryNumber }),
    state,
    ...(reason === undefined ? {} : { reason }),
    logicalDate: run.logicalDate,
    dataInterval: run.dataInterval,
    ...(url === undefined ? {} : { url }),
  });
  return { event, ctx: { ...run, signal, log, connection: env.connection, variable: env.variable } };
}

function whenAborted(signal: AbortSignal, { event, name }: NotifyCall): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new Error(`the callback ${event} (${name}) did not end in time`));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
