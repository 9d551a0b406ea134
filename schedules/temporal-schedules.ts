/** Reads and writes the schedules on a Temporal server. Decides nothing; that is `reconcile.ts`. */
import {
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import pMap from 'p-map';
import pRetry from 'p-retry';
import { fromDescription, isMadeByAirtempo, SCHEDULE_MEMO, toClientOptions } from './client-schedule.js';
import type { DesiredSchedule } from './desired-schedule.js';
import { PAUSE_NOTES, type ActualSchedule, type DeployStep } from './reconcile.js';

/** So many schedules are asked for at a time. */
const AT_ONCE = 10;
/**
 * A schedule is a workflow of the server's own: while that is busy or between two of its executions, a call can hang
 * or fail although nothing is wrong. So calls that are safe to repeat have a deadline and are made again. The first one is
 * short: of five hundred schedules made a moment ago some six hung for five seconds, and answered at once when asked again.
 */
const FIRST_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 10_000;
const CALL_RETRIES = 6;

/** The schedules of these ids, and all others that airtempo made; what does not exist is left out. */
export async function readSchedules(
  client: Client,
  ids: readonly string[],
): Promise<readonly ActualSchedule[]> {
  const wanted = new Set(ids);
  for await (const { scheduleId, memo } of client.schedule.list()) {
    if (isMadeByAirtempo(memo)) wanted.add(scheduleId);
  }
  const described = await pMap([...wanted].sort(), (id) => describeSchedule(client, id), {
    concurrency: AT_ONCE,
  });
  return described.flatMap((description) =>
    description?.action.type === 'startWorkflow' ? [fromDescription(description)] : [],
  );
}

/** A schedule, or undefined when there is none of that id. */
export async function describeSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await callSchedule(client, () => client.schedule.getHandle(id).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Makes a call about a schedule that may be made twice. */
export function callSchedule<T>(client: Client, call: () => Promise<T>): Promise<T> {
  const deadline = (attempt: number): number =>
    Date.now() + Math.min(CALL_TIMEOUT_MS, FIRST_TIMEOUT_MS * 2 ** (attempt - 1));
  return pRetry((attempt) => client.withDeadline(deadline(attempt), call), {
    retries: CALL_RETRIES,
    minTimeout: 200,
    maxTimeout: 2_000,
    shouldRetry: ({ error }) => !(error instanceof ScheduleNotFoundError),
  });
}

/**
 * Sends a patch (trigger, backfill, pause, unpause) and waits until the schedule has taken it up. Of two patches that
 * reach a schedule in one step it forgets the first (seen with server 1.29), so each waits for the one before. Asking
 * for a description is such a wait: it is answered after all that came earlier.
 */
export async function patchSchedule(
  client: Client,
  handle: ScheduleHandle,
  patch: (handle: ScheduleHandle) => Promise<unknown>,
): Promise<void> {
  await patch(handle);
  await callSchedule(client, () => handle.describe());
}

/** Whether schedules are on, by id, from one listing; what was made a moment ago may be missing. */
export async function listSwitches(client: Client): Promise<ReadonlyMap<string, 'on' | 'off'>> {
  const switches = new Map<string, 'on' | 'off'>();
  for await (const { scheduleId, memo, state } of client.schedule.list()) {
    if (isMadeByAirtempo(memo)) switches.set(scheduleId, state.paused ? 'off' : 'on');
  }
  return switches;
}

/** Does what a step says. Schedules to be switched on are made or left off: `switchOn` starts what they are owed. */
export async function applyStep(client: Client, step: DeployStep): Promise<void> {
  switch (step.kind) {
    case 'create':
      return createSchedule(client, step.desired);
    case 'update':
      return updateSchedule(client, step.desired);
    case 'pause':
      return patchSchedule(client, client.schedule.getHandle(step.dagId), (handle) =>
        handle.pause(PAUSE_NOTES[step.reason]),
      );
    case 'unchanged':
    case 'refused':
      return undefined;
  }
}

async function createSchedule(client: Client, desired: DesiredSchedule): Promise<void> {
  await client.schedule.create({
    ...toClientOptions(desired),
    scheduleId: desired.dagId,
    memo: SCHEDULE_MEMO,
    state: { paused: true, note: `New. Switch it on with: airtempo dags unpause ${desired.dagId}` },
  });
}

async function updateSchedule(client: Client, desired: DesiredSchedule): Promise<void> {
  const handle = client.schedule.getHandle(desired.dagId);
  await callSchedule(client, () =>
    handle.update(({ state: { paused, note } }) => ({
      ...toClientOptions(desired),
      state: { paused, ...(note === undefined ? {} : { note }) },
    })),
  );
}
