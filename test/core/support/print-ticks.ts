/** Prints ticks and dates round changes of the clock, to be compared between machines of different zones. */
import { dag } from '../../../core/dag.js';
import { computeNextRuns } from '../../../core/next-runs.js';
import { cron, cronTrigger, every, type Timetable } from '../../../core/timetable.js';

console.log('machine', Intl.DateTimeFormat().resolvedOptions().timeZone);

const timetables: readonly Timetable[] = [
  cron('30 2 * * *', { timezone: 'Europe/Berlin' }),
  cron('*/30 * * * *', { timezone: 'America/New_York' }),
  cron('@daily'),
  cronTrigger(['0 2 * * MON', '30 1 * * *'], { timezone: 'Australia/Lord_Howe' }),
  every('7h'),
];
for (const schedule of timetables) {
  const built = dag('d', { schedule, startDate: '2018-03-11T02:30' }, ({ task }) => void task('a', () => 1));
  const { schedule: timetable, startDate } = built;
  for (const after of [
    '2018-03-10',
    '2018-03-24T12:00Z',
    '2018-10-27T12:00Z',
    '2018-11-03T12:00Z',
    '2011-12-29',
  ]) {
    console.log(JSON.stringify(computeNextRuns({ timetable, startDate }, new Date(after), 4)));
  }
}
