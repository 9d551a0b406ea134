/** The activity behind every operator: adapts one Temporal activity attempt to `executeTask`. */
import { Context, type Info } from '@temporalio/activity';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { TaskLogger } from '../core/context.js';
import type { TaskCall, TaskResult } from '../workflows/contract.js';
import type { Caller } from './dag-runs.js';
import { executeTask, type Attempt, type TaskEnvironment } from './execute-task.js';
import type { Logger } from './logger.js';
import { announceRetry, type RunUrl } from './notify-activity.js';
import { combineObservers, type Observer } from './observe/observer.js';
import { describeFailedTry, describeTry } from './observe/task-try.js';
import { isNotYet, isSensorCall, runPoke } from './sensor-activity.js';
import { Pulse } from './pulse.js';
import type { TaskLogStore } from './task-logs.js';
import { readTryNumber } from './try-facts.js';
import { openTryLog, type TryLog, type TryLogParts } from './try-log.js';

/** What watches over a try. */
export interface TaskActivityParts {
  readonly logger: Logger;
  readonly scrubber: SecretScrubber;
  readonly observer: Required<Observer>;
  /** Where each try's log is kept; without it the worker's own log has all lines. */
  readonly taskLogs?: TaskLogStore | undefined;
  readonly runUrl?: RunUrl | undefined;
}

/** Makes the dynamic activity: it runs whichever operator the activity type names. */
export function createTaskActivity(
  env: TaskEnvironment,
  { logger, scrubber, observer: everyone, taskLogs, runUrl }: TaskActivityParts,
): (call: TaskCall) => Promise<TaskResult> {
  const nobody = combineObservers([], logger);
  return async (call) => {
    const context = Context.current();
    const tryLog = openLog({ logger, scrubber }, call, context, taskLogs);
    const pulse = new Pulse(context, scrubber);
    const observed = describeTry(call, context.info);
    const observer = call.event === undefined ? everyone : nobody; // a sensor's tidying up is no try
    observer.tryStarted(observed);
    try {
      const lineage: Attempt['lineage'] = (use) => observer.datasetsUsed(observed, use);
      const attempt = createAttempt(call, context, { pulse, log: tryLog.log, lineage });
      await announceRetry(call, env, { logger, runUrl });
      const result = await observer.within(observed, () =>
        isSensorCall(call) ? runPoke(call, attempt, context, env) : runTask(call, attempt, env),
      );
      const ended = { state: result.state, endedAtMs: Date.now() };
      await tryLog.end('info', { state: result.state }, 'task ended');
      observer.tryEnded(observed, ended);
      return result;
    } catch (error) {
      observer.tryEnded(observed, describeFailedTry(error, call, context, scrubber));
      if (isNotYet(error)) {
        await tryLog.pause({ state: 'up_for_reschedule', reason: error.message }, 'not yet');
        throw error;
      }
      const state = context.cancellationSignal.aborted ? 'cancelled' : 'failed';
      await tryLog.end('warn', { err: error, state }, 'try failed');
      throw error;
    } finally {
      pulse.stop();
    }
  };
}

/** A try of anything but a sensor. */
async function runTask(call: TaskCall, attempt: Attempt, env: TaskEnvironment): Promise<TaskResult> {
  const result = await executeTask(call, attempt, env);
  if (result.state !== 'not_yet') return result;
  // the operator has become a sensor since the run recorded its graph, and the run cannot wait for it
  throw new Error(`not yet: ${result.reason}`);
}

function openLog(
  parts: TryLogParts,
  call: TaskCall,
  { info }: Context,
  taskLogs: TaskLogStore | undefined,
): TryLog {
  const { dagId, runId } = call.run;
  const { workflowId, runId: executionId } = info.workflowExecution ?? {};
  const tryNumber = readTryNumber(call, info);
  const names = { dagId, runId, taskId: call.taskId, tryNumber, workflowId };
  const writer = taskLogs?.open({
    workflowId: workflowId ?? runId,
    executionId: executionId ?? runId,
    taskId: call.taskId,
    scheduledMs: info.scheduledTimestampMs,
    attempt: tryNumber,
  });
  return openTryLog(parts, names, info.activityType, writer);
}

interface AttemptParts {
  readonly pulse: Pulse;
  readonly log: TaskLogger;
  readonly lineage: Attempt['lineage'];
}

function createAttempt(call: TaskCall, context: Context, { pulse, log, lineage }: AttemptParts): Attempt {
  const { info, cancellationSignal } = context;
  const caller = callerOf(call, info);
  return {
    operatorName: info.activityType,
    tryNumber: info.attempt,
    signal: cancellationSignal,
    log,
    xcomPrefix: info.workflowExecution?.workflowId ?? call.run.runId,
    lastHeartbeat: info.heartbeatDetails as unknown,
    caller,
    taskKey: caller.key,
    heartbeat: (details) => pulse.report(details),
    lineage,
  };
}

/** Without a key of its own, the task is known by its activity, which is another one when it is cleared. */
function callerOf({ begun }: TaskCall, info: Info): Caller {
  if (begun !== undefined) return { key: begun.key, at: new Date(begun.at) };
  const { workflowId, runId } = info.workflowExecution ?? {};
  const key = JSON.stringify([workflowId, runId, info.activityId, info.scheduledTimestampMs]);
  return { key, at: new Date(info.scheduledTimestampMs) };
}
