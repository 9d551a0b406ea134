/** A DAG as a person or a script reads it. */
import { z } from 'zod';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { computeIntervalOf, computeScheduledInterval } from '../core/data-interval.js';
import { computeNextRuns } from '../core/next-runs.js';
import { describeTimetable, hasIntervals } from '../core/timetable.js';
import { formatTable, style, terminalWidth, formatDuration } from './output.js';
import { formatTaskGraph } from './task-graph.js';

/** A DAG as JSON. */
export function describeDag(dag: Dag): object {
  return {
    dagId: dag.id,
    description: dag.description,
    schedule: dag.schedule,
    startDate: dag.startDate,
    endDate: dag.endDate,
    catchup: dag.catchup,
    jitterMs: dag.jitterMs,
    tags: dag.tags,
    params: paramsSchema(dag),
    maxActiveTasks: dag.graph.maxActiveTasks,
    maxActiveRuns: dag.maxActiveRuns,
    tasks: dag.graph.tasks,
  };
}

/** JSON Schema of what a run's conf may be, when the params are a zod schema; also one of another copy of zod. */
function paramsSchema(dag: Dag): unknown {
  if (dag.params === undefined || !('_zod' in dag.params)) return undefined;
  return z.toJSONSchema(dag.params as unknown as z.ZodType, { io: 'input', unrepresentable: 'any' });
}

/** The same for `dags show --params`: a DAG without params takes any object. Throws INVALID_ARGUMENT for another parser. */
export function describeParams(dag: Dag): unknown {
  const schema = paramsSchema(dag);
  if (schema !== undefined) return schema;
  if (dag.params === undefined) return { type: 'object' };
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The params of DAG ${dag.id} are no zod schema, so there is no JSON Schema of them. Their own parser checks the conf of each run all the same.`,
  );
}

/** A DAG as text. */
export function formatDag(dag: Dag, file: string): string {
  const facts: [string, string][] = [
    ['file', file],
    ['schedule', describeTimetable(dag.schedule)],
    ...formatRunTimes(dag, new Date()),
    ['start date', dag.startDate?.toISOString() ?? 'none'],
    ...(dag.endDate === undefined ? [] : [['end date', dag.endDate.toISOString()] as [string, string]]),
    ['catchup', String(dag.catchup)],
    ['max active runs', dag.maxActiveRuns === undefined ? 'any number' : String(dag.maxActiveRuns)],
    ...(dag.jitterMs === undefined ? [] : [['jitter', formatDuration(dag.jitterMs)] as [string, string]]),
    ['max active tasks', String(dag.graph.maxActiveTasks)],
    ['params', formatParams(dag)],
  ];
  return [
    style('bold', dag.id),
    dag.description,
    '',
    formatTable(['', ''], facts).split('\n').slice(1).join('\n'),
    '',
    formatTaskGraph(dag.graph.tasks, terminalWidth()),
  ].join('\n');
}

/** The last complete interval, where runs cover some time, and the next start, where there is one. */
function formatRunTimes({ schedule: timetable, startDate, endDate }: Dag, now: Date): [string, string][] {
  const rows: [string, string][] = [];
  if (hasIntervals(timetable)) {
    const { start, end } = computeScheduledInterval(timetable, computeIntervalOf(timetable, now).start);
    rows.push(['last interval', `${start.toISOString()} to ${end.toISOString()}`]);
  }
  const [next] = computeNextRuns({ timetable, startDate, endDate }, now, 1);
  if (next !== undefined) rows.push(['next run', next.fireTime.toISOString()]);
  return rows;
}

function formatParams(dag: Dag): string {
  const schema = paramsSchema(dag) as
    { readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> } | undefined;
  if (schema?.properties === undefined) return dag.params === undefined ? 'any' : 'see --json';
  return Object.entries(schema.properties)
    .map(([name, property]) => {
      const kind = Array.isArray(property['enum'])
        ? property['enum'].join('|')
        : typeof property['type'] === 'string'
          ? property['type']
          : 'any';
      return property['default'] === undefined
        ? `${name}: ${kind}`
        : `${name}: ${kind} = ${JSON.stringify(property['default'])}`;
    })
    .join('\n');
}
