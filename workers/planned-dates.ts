/** The dates of a planned backfill: from the plan alone, so that they are the same in each of its steps. */
import { listBackfillDates } from '../core/backfill-dates.js';
import type { PlannedDates } from '../workflows/backfill-contract.js';

/** The dates of a plan in its order, all or those after a logical date. */
export function listPlannedDates(plan: PlannedDates, after?: string): ReturnType<typeof listBackfillDates> {
  const { reverse, total } = plan;
  const range = { from: new Date(plan.from), to: new Date(plan.to) };
  if (after !== undefined) {
    const cursor = new Date(after).getTime();
    if (reverse) range.to = new Date(cursor - 1);
    else range.from = new Date(cursor + 1);
  }
  const bounded = {
    timetable: plan.timetable,
    startDate: plan.startDate === undefined ? undefined : new Date(plan.startDate),
    endDate: plan.endDate === undefined ? undefined : new Date(plan.endDate),
  };
  return listBackfillDates(bounded, range, { reverse, total });
}
