/** The activity behind every operator: adapts one Temporal activity attempt to `executeTask`. */
import { Context } from '@temporalio/activity';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { TaskCall, TaskResult } from '../workflows/contract.js';
import { executeTask, type Attempt, type TaskEnvironment } from './execute-task.js';
import type { Logger } from './logger.js';
import type { Observer } from './observe/observer.js';
import { describeFailedTry, describeTry } from './observe/task-try.js';

/**
 * Cancellation reaches an activity as the answer to a heartbeat, so it should not be long in coming; but each
 * one is a request, and where Temporal is paid for by the request, long tasks should not run up a bill.
 */
export const HEARTBEAT_EVERY_MS = 5_000;

/** What watches over a try. */
export interface TaskActivityParts {
  readonly logger: Logger;
  readonly scrubber: SecretScrubber;
  readonly observer: Required<Observer>;
}

/** Makes the dynamic activity: it runs whichever operator the activity type names. */
export function createTaskActivity(
  env: TaskEnvironment,
  { logger, scrubber, observer }: TaskActivityParts,
): (call: TaskCall) => Promise<TaskResult> {
  return async (call) => {
    const context = Context.current();
    const { log } = createAttemptLog(logger, call, context);
    const pulse = new Pulse(context, scrubber);
    const observed = describeTry(call, context.info);
    observer.tryStarted(observed);
    try {
      log.info({ state: 'running' }, 'task started');
      const result = await observer.within(observed, () =>
        executeTask(call, createAttempt(call, context, pulse, log), env),
      );
      log.info({ state: result.state }, 'task ended');
      observer.tryEnded(observed, { state: result.state, endedAtMs: Date.now() });
      return result;
    } catch (error) {
      observer.tryEnded(observed, describeFailedTry(error, call, context, scrubber));
      log.warn(
        { err: error, state: context.cancellationSignal.aborted ? 'cancelled' : 'failed' },
        'try failed',
      );
      throw error;
    } finally {
      pulse.stop();
    }
  };
}

function createAttemptLog(logger: Logger, call: TaskCall, context: Context): { readonly log: Logger } {
  const { attempt, workflowExecution } = context.info;
  return {
    log: logger.child({
      dagId: call.run.dagId,
      runId: call.run.runId,
      taskId: call.taskId,
      tryNumber: attempt,
      workflowId: workflowExecution?.workflowId,
    }),
  };
}

function createAttempt(call: TaskCall, context: Context, pulse: Pulse, log: Logger): Attempt {
  const { info, cancellationSignal } = context;
  return {
    operatorName: info.activityType,
    tryNumber: info.attempt,
    signal: cancellationSignal,
    log,
    xcomPrefix: info.workflowExecution?.workflowId ?? call.run.runId,
    lastHeartbeat: info.heartbeatDetails as unknown,
    heartbeat: (details) => pulse.report(details),
  };
}

/** Heartbeats on the handler's behalf, with what it reported last. */
class Pulse {
  readonly #context: Context;
  readonly #scrubber: SecretScrubber;
  readonly #timer: NodeJS.Timeout;
  #details: unknown;

  constructor(context: Context, scrubber: SecretScrubber) {
    this.#context = context;
    this.#scrubber = scrubber;
    this.#details = context.info.heartbeatDetails;
    const limit = context.info.heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY;
    this.#timer = setInterval(() => this.#beat(), Math.max(100, Math.min(HEARTBEAT_EVERY_MS, limit / 3)));
  }

  report(details: unknown): void {
    // a bare heartbeat does not forget what was reported
    this.#details = details === undefined ? this.#details : this.#scrubber.scrubValue(details);
    this.#beat();
  }

  #beat(): void {
    this.#context.heartbeat(this.#details);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
