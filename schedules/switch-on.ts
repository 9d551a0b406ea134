/**
 * Switches the schedule of a DAG on, and starts the runs that it is owed. First those, then the switch: when it breaks
 * off in between, doing it again finds what is left.
 */
import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { computeNextRuns, type ScheduledRun } from '../core/next-runs.js';
import { computeOwedRuns, computeRanges } from './missed-runs.js';
import { hasInstant, type ScheduledDag } from './schedule-spec.js';
import { callSchedule, patchSchedule } from './temporal-schedules.js';

/** What switching on has started. */
export interface SwitchedOn {
  /** Fire times of the runs that were owed and are started now; each is a slot of the schedule. */
  readonly started: readonly Date[];
}

/** Ranges in one request; the server keeps each until it is worked off. */
const RANGES_A_REQUEST = 100;

/** Starts what the DAG is owed and switches its schedule on; one that is on already is left alone. `note` says who did it and when. */
export async function switchOn(client: Client, dag: ScheduledDag, note: string): Promise<SwitchedOn> {
  const handle = client.schedule.getHandle(dag.id);
  const before = await callSchedule(client, () => handle.describe());
  if (!before.state.paused) return { started: [] };
  const first = await startOwed(client, handle, dag, findLastFireTime(before));
  await patchSchedule(client, handle, () => handle.unpause(note));
  // what came due in between belongs to neither: a schedule does not look back at the time in which it was off
  return { started: [...first.started, ...(await startOwedSince(client, handle, dag, first.until))] };
}

/** The fire time of the last runs that the schedule has started, read from their workflow ids: jitter is not in them. */
export function findLastFireTime({ scheduleId, info }: ScheduleDescription): Date | undefined {
  const times = info.recentActions
    .map(({ action }) => Date.parse(action.workflow.workflowId.slice(scheduleId.length + 1)))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

async function startOwed(
  client: Client,
  handle: ScheduleHandle,
  dag: ScheduledDag,
  lastFireTime: Date | undefined,
): Promise<{ readonly started: readonly Date[]; readonly until: Date }> {
  const now = new Date();
  const owed = computeOwedRuns(dag, { now, lastFireTime });
  return { started: await startRuns(client, handle, dag, owed), until: now };
}

async function startOwedSince(
  client: Client,
  handle: ScheduleHandle,
  dag: ScheduledDag,
  since: Date,
): Promise<readonly Date[]> {
  const now = new Date();
  const { schedule: timetable, startDate, endDate } = dag;
  const next = computeNextRuns({ timetable, startDate, endDate }, since, 100);
  return startRuns(
    client,
    handle,
    dag,
    next.filter(({ fireTime }) => fireTime <= now),
  );
}

async function startRuns(
  client: Client,
  handle: ScheduleHandle,
  dag: ScheduledDag,
  owed: readonly ScheduledRun[],
): Promise<readonly Date[]> {
  if (owed.length === 0) return [];
  const fireTimes = owed.map(({ fireTime }) => fireTime);
  const existing = await findExisting(client, dag.id, fireTimes);
  const wanted = fireTimes.filter((fireTime) => !existing.has(fireTime.getTime()));
  const { schedule: timetable, startDate, endDate, jitterMs = 0 } = dag;
  if (timetable.kind === 'once' && !hasInstant(dag)) {
    if (wanted.length > 0) {
      await patchSchedule(client, handle, () => handle.trigger('ALLOW_ALL')); // no instant to name in a range
    }
    return wanted;
  }
  const ranges = computeRanges(fireTimes, new Set(wanted.map((fireTime) => fireTime.getTime())), {
    jitterMs,
    nextFireTime: (after) => computeNextRuns({ timetable, startDate, endDate }, after, 1)[0]?.fireTime,
  });
  for (let from = 0; from < ranges.length; from += RANGES_A_REQUEST) {
    const backfills = ranges.slice(from, from + RANGES_A_REQUEST).map(({ start, end }) => ({
      start: new Date(start.getTime() - 1), // older servers leave the start itself out
      end,
      overlap: 'ALLOW_ALL' as const,
    }));
    await patchSchedule(client, handle, () => handle.backfill(backfills));
  }
  return wanted;
}

/** Ids in one visibility query. */
const IDS_A_QUERY = 100;

/** Which fire times have a run already, however it was started: a backfill would run it a second time. */
async function findExisting(
  client: Client,
  dagId: string,
  fireTimes: readonly Date[],
): Promise<ReadonlySet<number>> {
  const timeOf = new Map(fireTimes.map((time) => [`${dagId}-${formatSecond(time)}`, time.getTime()]));
  const ids = [...timeOf.keys()];
  const existing = new Set<number>();
  for (let from = 0; from < ids.length; from += IDS_A_QUERY) {
    const list = ids
      .slice(from, from + IDS_A_QUERY)
      .map((id) => `'${id}'`) // DAG ids hold no quote
      .join(', ');
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowId IN (${list})` })) {
      const time = timeOf.get(workflowId);
      if (time !== undefined) existing.add(time);
    }
  }
  return existing;
}

function formatSecond(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
