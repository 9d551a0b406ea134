/**
 * The schedules of streams. Each starts its stream again when it is gone, and does nothing while it runs: so a stream that failed
 * or was terminated comes back within a minute. A stream exists as long as its schedule.
 */
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import { callSchedule, describeSchedule, patchSchedule } from './temporal-schedules.js';

/** What a stream was started with. */
export interface StreamStart {
  readonly name: string;
  readonly workflowType: string;
  readonly input: unknown;
  readonly taskQueue: string;
}

/** `other`: a stream of that name is there, with another input. */
export type StartedStream = 'created' | 'there' | 'other';

const PREFIX = 'kafka-stream/';
const scheduleId = (name: string): string => `${PREFIX}${name}`;
const LOOK_EVERY = '1m';
/** Temporal takes no less: what was missed while the server was down is no matter. */
const CATCHUP_WINDOW = '10s';

/** Makes the schedule and has it start the stream. What is there with the same input is started if it does not run. */
export async function startStream(client: Client, start: StreamStart): Promise<StartedStream> {
  try {
    await client.schedule.create({
      scheduleId: scheduleId(start.name),
      spec: { intervals: [{ every: LOOK_EVERY }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW },
      action: {
        type: 'startWorkflow',
        workflowType: start.workflowType,
        workflowId: scheduleId(start.name), // the server appends the time
        taskQueue: start.taskQueue,
        args: [start.input],
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      },
    });
    await triggerStream(client, client.schedule.getHandle(scheduleId(start.name)));
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  return startAgain(client, start);
}

async function startAgain(client: Client, start: StreamStart): Promise<StartedStream> {
  const handle = client.schedule.getHandle(scheduleId(start.name));
  const { action, state } = await callSchedule(client, () => handle.describe());
  const former = [action.args?.[0], action.taskQueue];
  if (JSON.stringify(former) !== JSON.stringify([start.input, start.taskQueue])) return 'other';
  if (state.paused) await patchSchedule(client, handle, () => handle.unpause());
  await triggerStream(client, handle);
  return 'there';
}

/** Not by `triggerImmediately`: what that starts may overlap, and is then not known as running. */
function triggerStream(client: Client, handle: ScheduleHandle): Promise<void> {
  return patchSchedule(client, handle, () => handle.trigger(ScheduleOverlapPolicy.SKIP));
}

/** The names of all streams, sorted. */
export async function listStreams(client: Client): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { scheduleId: id } of client.schedule.list()) {
    if (id.startsWith(PREFIX)) names.push(id.slice(PREFIX.length));
  }
  return names.sort();
}

/** A stream's schedule, and its latest workflow; undefined when there is no such stream. */
export interface FoundStream {
  readonly name: string;
  readonly input: unknown;
  /** Absent until the schedule has started it. */
  readonly workflow?: WorkflowExecutionDescription;
}

export async function findStream(client: Client, name: string): Promise<FoundStream | undefined> {
  const schedule = await describeSchedule(client, scheduleId(name));
  if (schedule === undefined) return undefined;
  const workflow = await describeLatest(client, schedule);
  const input: unknown = schedule.action.args?.[0];
  return { name, input, ...(workflow === undefined ? {} : { workflow }) };
}

async function describeLatest(
  client: Client,
  { info }: ScheduleDescription,
): Promise<WorkflowExecutionDescription | undefined> {
  const latest = [...info.recentActions.map(({ action }) => action), ...info.runningActions].at(-1);
  if (latest === undefined) return undefined;
  try {
    return await client.workflow.getHandle(latest.workflow.workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined; // past its retention
    throw error;
  }
}

/** Ends the stream after the batch in hand, and removes its schedule. Breaking it off and doing it again is safe. */
export async function stopStream(client: Client, { name, workflow }: FoundStream): Promise<void> {
  const schedule = client.schedule.getHandle(scheduleId(name));
  await patchSchedule(client, schedule, () => schedule.pause('The stream is being stopped.'));
  if (workflow?.status.name === 'RUNNING') {
    const handle = client.workflow.getHandle(workflow.workflowId);
    await handle.cancel();
    await handle.result().catch(() => undefined); // however it ended
  }
  await schedule.delete().catch((error: unknown) => {
    if (!(error instanceof ScheduleNotFoundError)) throw error; // somebody else stops it, too
  });
}
