/** Asks the server when a schedule fires, so that its answer can be compared with ours. */
import type { Client } from '@temporalio/client';
import { optionalDateToTs } from '@temporalio/common/lib/time.js';
import { toClientOptions } from '../../../schedules/client-schedule.js';
import type { DesiredSchedule } from '../../../schedules/desired-schedule.js';

type Answer = { readonly startTime: readonly { readonly seconds?: unknown }[] };

/** The server gives no more in one answer. */
const MOST_AT_ONCE = 1000;

/** The instants at which the server would fire the schedule from one instant to another, both included. */
export async function listMatchingTimes(
  client: Client,
  desired: DesiredSchedule,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly Date[]> {
  const scheduleId = `matching-${desired.dagId}-${desired.specHash}`;
  const handle = await client.schedule.create({
    ...toClientOptions(desired),
    scheduleId,
    state: { paused: true },
  });
  try {
    const times: Date[] = [];
    for (let after = new Date(from.getTime() - 1000); ;) {
      const request = {
        namespace: 'default',
        scheduleId,
        startTime: optionalDateToTs(after) ?? null, // excluded
        endTime: optionalDateToTs(to) ?? null,
      };
      const { startTime } = (await client.workflowService.listScheduleMatchingTimes(
        request,
      )) as unknown as Answer; // generated type lacks it
      times.push(...startTime.map(({ seconds }) => new Date(Number(seconds) * 1000)));
      const last = times.at(-1);
      if (last === undefined || startTime.length < MOST_AT_ONCE) return times;
      after = last;
    }
  } finally {
    await handle.delete();
  }
}
