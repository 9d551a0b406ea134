import { cron, dag, operator } from 'airtempo';

interface Play {
  readonly song: string;
  readonly seconds: number;
}

/** An operator is a named function: ask an API, a file or a database here. */
const fetchPlays = operator('fetch_plays', async ({ args }: { args: { day: string } }): Promise<Play[]> => {
  return [
    { song: `Song of ${args.day}`, seconds: 215 },
    { song: 'Another song', seconds: 187 },
  ];
});

export default dag(
  'first_dag',
  {
    description: 'Counts the plays of a day',
    schedule: cron('@daily'),
    startDate: '2026-01-01',
    defaultArgs: { retries: 3, retryDelay: '5m' },
  },
  ({ task }) => {
    const plays = task('fetch', fetchPlays, { day: ({ ds }) => ds });
    const total = task('total', ({ args }) => args.plays.reduce((sum, { seconds }) => sum + seconds, 0), {
      plays, // the output of fetch: it makes the edge, and its type is checked
    });
    task('report', ({ args, ctx }) => ctx.log.info({ day: ctx.ds, seconds: args.total }, 'played'), {
      total,
    });
  },
);
