/** A DAG as a person or a script reads it. */
import { z } from 'zod';
import type { Dag } from '../core/dag.js';
import { computeLatestInterval } from '../core/data-interval.js';
import { describeTimetable, hasIntervals } from '../core/timetable.js';
import { formatDuration, formatTable, style } from './output.js';

/** A DAG as JSON. */
export function describeDag(dag: Dag): object {
  return {
    dagId: dag.id,
    description: dag.description,
    schedule: dag.schedule,
    startDate: dag.startDate,
    endDate: dag.endDate,
    catchup: dag.catchup,
    tags: dag.tags,
    params: paramsSchema(dag),
    maxActiveTasks: dag.graph.maxActiveTasks,
    tasks: dag.graph.tasks,
  };
}

/** JSON schema of the params, when they are a zod schema. */
function paramsSchema(dag: Dag): unknown {
  return dag.params instanceof z.ZodType ? z.toJSONSchema(dag.params, { io: 'input' }) : undefined;
}

/** A DAG as text. */
export function formatDag(dag: Dag, file: string): string {
  const facts: [string, string][] = [
    ['file', file],
    ['schedule', describeTimetable(dag.schedule)],
    ...formatLastInterval(dag),
    ['start date', dag.startDate?.toISOString() ?? 'none'],
    ['catchup', String(dag.catchup)],
    ['max active tasks', String(dag.graph.maxActiveTasks)],
    ['params', formatParams(dag)],
  ];
  return [
    style('bold', dag.id),
    dag.description,
    '',
    formatTable(['', ''], facts).split('\n').slice(1).join('\n'),
    '',
    formatTable(
      ['task', 'operator', 'upstream', 'trigger rule', 'retries'],
      dag.graph.tasks.map(({ id, operator, upstream, triggerRule, execution }) => [
        id,
        operator,
        upstream.join(', '),
        triggerRule ?? 'all_success',
        execution.retries === 0
          ? '0'
          : `${String(execution.retries)} × ${formatDuration(execution.retryDelayMs)}`,
      ]),
    ),
  ].join('\n');
}

/** Only for timetables whose runs cover some time. */
function formatLastInterval({ schedule }: Dag): [string, string][] {
  if (!hasIntervals(schedule)) return [];
  const { start, end } = computeLatestInterval(schedule, new Date());
  return [['last interval', `${start.toISOString()} to ${end.toISOString()}`]];
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
