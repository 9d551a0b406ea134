/** Callbacks and Temporal: the activity that a run starts for each, and what is told before a task's next try. */
import { Context, type Info } from '@temporalio/activity';
import { NOT_YET, type NotifyCall, type TaskCall } from '../workflows/contract.js';
import type { TaskEnvironment } from './execute-task.js';
import type { Logger } from './logger.js';
import { callbacksOf, notify } from './notify.js';
import type { TryFailure } from './runs-client.js';
import { readTryNumber } from './try-facts.js';

/** The next try waits for those who are told of it, but not for ever. */
const LONGEST_RETRY_NOTICE_MS = 30_000;

/** Where a run is shown in the Web UI, if that is known. */
export type RunUrl = (workflowId: string, executionId: string) => string | undefined;

/** What the callbacks of a worker share. */
export interface NotifyParts {
  readonly logger: Logger;
  readonly runUrl?: RunUrl | undefined;
}

/** Makes the activity that calls one callback. */
export function createNotifyActivity(
  env: TaskEnvironment,
  parts: NotifyParts,
): (call: NotifyCall) => Promise<void> {
  return async (call) => {
    const { info, cancellationSignal } = Context.current();
    const log = createLog(parts.logger, call, info);
    try {
      await notify(call, env, { log, signal: cancellationSignal, url: urlOf(info, parts) });
      log.info({ event: call.event, notifier: call.name }, 'callback called');
    } catch (error) {
      log.warn({ err: error, event: call.event, notifier: call.name }, 'callback failed');
      throw error;
    }
  };
}

function urlOf({ workflowExecution }: Info, { runUrl }: NotifyParts): string | undefined {
  return workflowExecution && runUrl?.(workflowExecution.workflowId, workflowExecution.runId);
}

function createLog(logger: Logger, { run, taskId, tryNumber }: NotifyCall, info: Info): Logger {
  return logger.child({
    dagId: run.dagId,
    runId: run.runId,
    ...(taskId === undefined ? {} : { taskId }),
    ...(tryNumber === undefined ? {} : { tryNumber }),
    workflowId: info.workflowExecution?.workflowId,
  });
}

/**
 * Calls `onRetry` before a try that is not the first. Retries are Temporal's and leave no event in the history, so
 * the next try is the first to know, also when the former worker was killed. Never throws.
 */
export async function announceRetry(call: TaskCall, env: TaskEnvironment, parts: NotifyParts): Promise<void> {
  const { info, cancellationSignal: signal } = Context.current();
  const tryNumber = readTryNumber(call, info);
  if (tryNumber === 1) return;
  const { run, taskId } = call;
  const event = 'on_retry';
  const callbacks = callbacksOf({ run, taskId, event }, env.dags);
  if (callbacks.length === 0) return;
  const failure = await lastFailure(info, env);
  if (failure?.type === NOT_YET) return; // a sensor that has been told of its error pokes on
  const reason = failure?.message;
  const common = { run, taskId, event, state: 'up_for_retry', tryNumber: tryNumber - 1 } as const;
  const options = { signal, url: urlOf(info, parts), timeoutMs: LONGEST_RETRY_NOTICE_MS };
  await Promise.all(
    callbacks.map(async (callback, index) => {
      const name = 'notifierName' in callback ? String(callback.notifierName) : 'inline';
      const notice: NotifyCall = { ...common, index, name, ...(reason === undefined ? {} : { reason }) };
      const log = createLog(parts.logger, notice, info);
      try {
        await notify(notice, env, { ...options, log });
        log.info({ event, notifier: name }, 'callback called');
      } catch (error) {
        log.warn({ err: error, event, notifier: name }, 'callback failed');
      }
    }),
  );
}

/** A server that cannot say why is no reason to be silent. */
async function lastFailure(
  { workflowExecution, activityId }: Info,
  env: TaskEnvironment,
): Promise<TryFailure | undefined> {
  if (workflowExecution === undefined) return undefined;
  return env.runs?.lastFailure(workflowExecution.workflowId, activityId).catch(() => undefined);
}
