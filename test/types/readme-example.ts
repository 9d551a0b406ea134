import { z } from 'zod';
import { cron, dag, operator, skip } from '../../index.js';

const countPlays = operator('count_plays', async ({ args }: { args: { day: string } }) => {
  return [{ title: `Song of ${args.day}`, plays: 7 }]; // ask an API, a file, a database …
});

export default dag(
  'top_songs',
  {
    description: 'The songs of the day that were played most',
    schedule: cron('@daily'),
    startDate: '2018-11-01',
    defaultArgs: { retries: 3, retryDelay: '5m' },
    params: z.object({ limit: z.int().positive().default(10) }),
  },
  ({ task }) => {
    const plays = task('count_plays', countPlays, { day: ({ ds }) => ds }); // a function of the run
    const check = task('check', ({ args }) => (args.plays.length === 0 ? skip('no plays') : null), { plays });
    const rank = task(
      'rank',
      ({ args, ctx }) => args.plays.toSorted((a, b) => b.plays - a.plays).slice(0, ctx.params.limit),
      { plays }, // the output of count_plays: it makes the edge, and its type is checked
    );
    const report = task('report', ({ args, ctx }) => ctx.log.info({ top: args.rank }, 'most played'), {
      rank,
    });
    check.then(rank).then(report);
  },
);
