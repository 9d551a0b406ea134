/**
 * What must compile, and what must not, when a DAG is written. Checked by `npm run types`; never run.
 * Each expected error stands under the rule that it proves.
 */
import { z } from 'zod';
import {
  checkSql,
  copyFromS3,
  cron,
  cronTrigger,
  every,
  dag,
  empty,
  fail,
  notYet,
  operator,
  sensor,
  runSql,
  skip,
  type BuildScope,
  type Dag,
  type Operator,
  type RunContext,
  type TaskOptions,
  type TaskRef,
} from '../../index.js';

/** `true` when two types are the same; `any` is the same as nothing but itself. */
type Same<A, B> = IsAny<A> extends IsAny<B> ? ([A, B] extends [B, A] ? true : false) : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
const same = <A, B>(proof: Same<A, B>): boolean => proof;
/** Gives the type of an output without a run. */
const outputOf = <T>(ref: TaskRef<T>): T => ref.output;

interface Song {
  readonly title: string;
  readonly plays: number;
}

const params = z.object({
  bucket: z.string().default('sparkify'),
  limit: z.number().default(10),
  day: z.string().optional(),
});

const load = operator(
  'load',
  ({ args }: { args: { table: string; maxErrors?: number; keys?: readonly string[] } }) => ({
    rows: args.table.length,
  }),
);
const count = operator('count', async ({ args }: { args: { since?: string } }) =>
  Promise.resolve(args.since?.length ?? 0),
);
const look = sensor('look', ({ args }: { args: { key: string } }) =>
  args.key === '' ? notYet('no key') : { keys: [args.key] },
);
const ask = sensor('ask', async ({ ctx }) => Promise.resolve(ctx.tryNumber > 1));
const pair = operator(
  'pair',
  ({ args }: { args: { both: readonly [string, number]; mode: 'full' | 'day' } }) => args.both,
);

export const positive: Dag = dag(
  'positive',
  {
    params,
    schedule: cron('@daily'),
    defaultArgs: { retries: 3, retryDelay: '1.5h', triggerRule: 'none_failed' },
  },
  ({ task, group }) => {
    // an operator's output is typed, whether it answers at once or later
    const loaded = task('load', load, { table: 'songs' });
    same<typeof loaded, TaskRef<{ rows: number }>>(true);
    same<number, ReturnType<typeof outputOf<number>>>(true);
    // a sensor's output is what its poke returns in the end
    const looked = task('looked', look, { key: 'a' }, { pokeInterval: '5m', timeout: '6h', softFail: true });
    same<typeof looked, TaskRef<{ keys: string[] }>>(true);
    const asked = task('asked', ask);
    same<typeof asked, TaskRef<undefined>>(true);
    // arguments may be left out when each of them may
    const counted = task('count', count);
    same<typeof counted, TaskRef<number>>(true);
    task('empty', empty);
    // an argument is a value, an output, or a function of the run, typed by the DAG's params
    task('by_output', load, { table: task('name', () => 'songs'), maxErrors: counted });
    task('by_run', load, {
      table: ({ params, ds }) => `${params.bucket}_${ds}`,
      maxErrors: async ({ params }) => Promise.resolve(params.limit),
    });
    // also inside lists, tuples and unions
    task('keys', load, { table: 't', keys: ['a', ({ ds }) => ds, task('key', () => 'k')] });
    task('pair', pair, { both: ['a', counted], mode: ({ params }) => (params.limit > 5 ? 'full' : 'day') });

    // a handler written in place sees outputs, values and functions evaluated, and the params
    const songs = task('songs', async ({ ctx }): Promise<readonly Song[]> => {
      same<typeof ctx.params, { bucket: string; limit: number; day?: string | undefined }>(true);
      return Promise.resolve([{ title: ctx.ds, plays: ctx.params.limit }]);
    });
    const top = task(
      'top',
      ({ args }) => {
        same<typeof args.songs, readonly Song[]>(true);
        same<typeof args.nested, { readonly deep: readonly [number, 'x'] }>(true);
        same<typeof args.day, string>(true);
        same<typeof args.later, number>(true);
        return args.songs[0]?.title;
      },
      {
        songs,
        nested: { deep: [counted, 'x'] },
        day: ({ ds }: RunContext) => ds,
        later: async () => Promise.resolve(5),
      },
    );
    same<typeof top, TaskRef<string | undefined>>(true);
    // a function whose parameter has no type is unknown to the handler, and leaves the other arguments typed
    task(
      'limit_of_inference',
      ({ args }) => {
        same<typeof args.songs, readonly Song[]>(true);
        same<typeof args.limit, unknown>(true);
      },
      { songs, limit: ({ params }) => params.limit },
    );
    // values of an interface type are fine, also as the whole arguments
    const song: Song = { title: 't', plays: 1 };
    task('interface', ({ args }) => args.song.plays + args.list.length, { song, list: [song] });
    task('whole', ({ args }) => args.plays + args.title.length, song);
    // a handler may end in another way
    const never = task('never', () => skip('nothing to do'));
    same<typeof never, TaskRef<never>>(true);
    task('choice', ({ args }) => (args.songs.length === 0 ? fail('no songs') : args.songs), { songs });

    // a group's result is typed
    const g = group('g', ({ task }) => ({ rows: task('rows', load, { table: 't' }), n: 5 }), {
      defaultArgs: { pool: 'p' },
    });
    same<typeof g.result, { rows: TaskRef<{ rows: number }>; n: number }>(true);
    // chains mix tasks, groups and lists
    loaded.then(counted, g).then(top).then(songs, never);
    task('start', empty).asSetup().then(loaded);
    task('stop', empty).asTeardown({ setups: [loaded], onFailureFailDagrun: true });
  },
);

export const withoutParams = dag('without_params', {}, ({ task }) => {
  task('conf', ({ ctx }) => {
    same<typeof ctx.params, Readonly<Record<string, unknown>>>(true);
  });
});

/** A part of a DAG may be a function of its own. */
export function addLoad(
  { task }: BuildScope<{ bucket: string }>,
  options: TaskOptions,
): TaskRef<{ rows: number }> {
  return task('load', load, { table: ({ params }) => params.bucket }, options);
}

export const shipped = dag('shipped', { params }, ({ task }) => {
  task('copy', copyFromS3, {
    connId: 'redshift',
    table: 'songs',
    format: 'json',
    from: ({ params }) => `s3://${params.bucket}/`,
  });
  task('sql', runSql, { connId: 'redshift', sql: 'SELECT :day', parameters: ({ ds }) => ({ day: ds }) });
  task('check', checkSql, {
    connId: 'redshift',
    checks: [{ kind: 'unique', table: 'songs', columns: ['song_id'] }],
  });
});

// an operator's args and output are named where it is defined or inferred from its handler
same<
  typeof load,
  Operator<{ table: string; maxErrors?: number; keys?: readonly string[] }, { rows: number }>
>(true);

export const negative = dag('negative', { params }, ({ task, group }) => {
  const text = task('text', () => 'text');
  const number = task('number', () => 5);

  // @ts-expect-error an argument of the wrong type
  task('a', load, { table: 5 });
  // @ts-expect-error a required argument is missing
  task('a', load, { maxErrors: 5 });
  // @ts-expect-error the arguments are left out, and one is required
  task('a', load);
  // @ts-expect-error an argument that the operator does not have
  task('a', load, { table: 't', maxError: 5 });
  // @ts-expect-error an argument that it does not have, all others being optional
  task('a', count, { sinse: '2018-11-01' });
  // @ts-expect-error an output of the wrong type
  task('a', load, { table: number });
  // @ts-expect-error an output of the wrong type inside a list
  task('a', load, { table: 't', keys: ['a', number] });
  // @ts-expect-error a function of the run with a result of the wrong type
  task('a', load, { table: ({ params }) => params.limit });
  // @ts-expect-error a param that the DAG does not have
  task('a', load, { table: ({ params }) => params.buckett });
  // @ts-expect-error a param that may be undefined
  task('a', load, { table: ({ params }) => params.day });
  // @ts-expect-error a tuple of the wrong length
  task('a', pair, { both: ['a', 5, 6], mode: 'day' });
  // @ts-expect-error a value outside the union
  task('a', pair, { both: ['a', 5], mode: 'week' });
  // @ts-expect-error a shipped operator's option that COPY does not have
  task('a', copyFromS3, { connId: 'c', table: 't', from: 's3://b/', fromat: 'json' });
  // @ts-expect-error empty takes no arguments
  task('a', empty, { table: 't' });

  // @ts-expect-error a param that the DAG does not have, in a handler written in place
  task('a', ({ ctx }) => ctx.params.buckett);
  // @ts-expect-error an argument that was not given
  task('a', ({ args }) => args.other, { text });
  // @ts-expect-error an argument, and none was given
  task('a', ({ args }) => args.other);
  // @ts-expect-error an output used as another type
  task('a', ({ args }) => args.number.toUpperCase(), { number });
  // @ts-expect-error a param that the DAG does not have, in a function of the run
  task('a', () => 1, { x: ({ params }) => params.buckett });
  // @ts-expect-error a BigInt is not JSON
  task('a', () => 1, { n: 5n });

  // @ts-expect-error a misspelt option
  task('a', count, {}, { retires: 3 });
  // @ts-expect-error an unknown trigger rule
  task('a', count, {}, { triggerRule: 'all_sucess' });
  // @ts-expect-error a priority beyond 5
  task('a', count, {}, { priority: 6 });
  // @ts-expect-error an option of Airflow in Python's spelling
  task('a', count, {}, { depends_on_past: true });
  // @ts-expect-error a duration without a unit
  task('a', count, {}, { retryDelay: '5' });
  // @ts-expect-error a duration with a unit that there is not
  task('a', count, {}, { retryDelay: '5 minutes' });
  // @ts-expect-error an option in a group's place for default args
  group('g', ({ task }) => task('x', count), { retries: 3 });

  // @ts-expect-error then takes tasks, not ids
  text.then('number');
  // @ts-expect-error then takes tasks side by side, not a list
  text.then([number]);
  // @ts-expect-error a group's result is typed
  void group('g', ({ task }) => ({ x: task('x', count) })).result.y;
  // @ts-expect-error setups are tasks
  text.asTeardown({ setups: ['number'] });
});

// @ts-expect-error a misspelt option of a DAG
dag('d', { shedule: null }, ({ task }) => void task('a', empty));
// @ts-expect-error a schedule that is only a text: it would not say which interval a run covers
dag('d', { schedule: '@daily' }, ({ task }) => void task('a', empty));
dag(
  'd',
  { catchup: true, startDate: '2018-11-01', schedule: every('30m', { offset: '5m' }) },
  ({ task }) => void task('a', empty),
);
dag('d', { schedule: cronTrigger(['0 2 * * *', '0 14 * * 1']) }, ({ task }) => void task('a', empty));
// @ts-expect-error catching up is on or off
dag('d', { catchup: 'yes' }, ({ task }) => void task('a', empty));
// @ts-expect-error the options are left out
dag('d', ({ task }) => void task('a', empty));
// @ts-expect-error a misspelt option of a schedule
cron('@daily', { timeZone: 'Europe/Berlin' });
// @ts-expect-error a schema for other arguments
operator('o', ({ args }: { args: { n: number } }) => args.n, { args: z.object({ n: z.string() }) });
// @ts-expect-error a summary from an argument that the operator does not have
operator('o', ({ args }: { args: { n: number } }) => args.n, { summary: ({ m }) => String(m) });
operator('o', ({ args }: { args: { n: number } }) => args.n, {
  // @ts-expect-error a summary that forgets that an argument may not be known yet
  summary: ({ n }) => n.toFixed(),
});

export function notPromises(task: TaskRef<string>): unknown {
  // @ts-expect-error a task is not a promise: it cannot be awaited
  const promise: PromiseLike<unknown> = task;
  // @ts-expect-error nor returned from an async function, such as an async build function
  const build = async ({ task }: BuildScope<unknown>) => task('a', empty);
  return [promise, build];
}
