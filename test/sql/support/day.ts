/** The bounds of a calendar day (UTC), as a run of that day has them. */
import { computeIntervalOf } from '../../../core/data-interval.js';
import { cron } from '../../../core/timetable.js';
import { dayInterval, type LoadInterval } from '../../../dags/star-schema.js';

export function dayOf(day: string): LoadInterval {
  return dayInterval({ dataInterval: computeIntervalOf(cron('0 0 * * *'), new Date(`${day}T00:00:00Z`)) });
}
