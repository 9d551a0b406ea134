/**
 * `dag(id, options, build)`: builds and checks a DAG. The result is frozen: a graph as data, and the
 * handlers and argument functions that workers look up by task id.
 */
import type { ArgFunction } from './args.js';
import { DagBuilder, type BuildScope } from './dag-builder.js';
import { parseDuration, type Duration } from './duration.js';
import { AirtempoError } from './errors.js';
import { checkDagId, checkGraph } from './graph-checks.js';
import type { Graph } from './graph.js';
import type { Operator, Parser } from './operator.js';
import { parseInstant } from './run-facts.js';
import { checkTaskOptions, type TaskOptions } from './task-options.js';
import type { Timetable } from './timetable.js';

/** Options of a DAG. */
export interface DagOptions<Params> {
  /** What the DAG is for; shown by `dags show`. */
  readonly description?: string;
  /** When it runs. Default `null`: only by hand. */
  readonly schedule?: Timetable | null;
  /** Start of the first interval, ISO; no run covers anything before it. */
  readonly startDate?: string;
  /** No interval starts at or after it. */
  readonly endDate?: string;
  /** Whether missed intervals are run when the DAG is switched on. Only `false` for now. */
  readonly catchup?: false;
  /** Options that each task has unless it says otherwise. */
  readonly defaultArgs?: TaskOptions;
  /** Schema of the params, with defaults; a zod object fits. Default: any conf is accepted as it is. */
  readonly params?: Parser<Params>;
  /** How many tasks of one run may run at once. Default 16. */
  readonly maxActiveTasks?: number;
  /** A run that takes longer fails. Default: no limit. */
  readonly dagrunTimeout?: Duration;
  readonly tags?: readonly string[];
}

/** The code of one task: what the worker runs and the functions in its arguments. */
export interface TaskCode {
  readonly operator: Operator<never, unknown>;
  readonly functions: ReadonlyMap<string, ArgFunction>;
}

const DAG_BRAND = Symbol.for('airtempo.dag');

/** A checked, frozen DAG. */
export interface Dag {
  readonly id: string;
  readonly description: string;
  readonly schedule: Timetable | null;
  readonly startDate: Date | undefined;
  readonly endDate: Date | undefined;
  readonly catchup: boolean;
  readonly tags: readonly string[];
  readonly params: Parser<unknown> | undefined;
  readonly graph: Graph;
  readonly code: ReadonlyMap<string, TaskCode>;
}

/** Whether a value exported by a DAG file is a DAG, also one made by another copy of this package. */
export function isDag(value: unknown): value is Dag {
  return typeof value === 'object' && value !== null && DAG_BRAND in value;
}

const KNOWN_OPTIONS = new Set<string>([
  'description',
  'schedule',
  'startDate',
  'endDate',
  'catchup',
  'defaultArgs',
  'params',
  'maxActiveTasks',
  'dagrunTimeout',
  'tags',
] satisfies (keyof DagOptions<unknown>)[]);

/**
 * Defines a DAG. `build` gets `task` and `group`, and makes edges with `then` or by passing one task's
 * output to another. Throws AirtempoError for cycles, duplicate or reserved ids and bad options.
 */
export function dag<Params = Readonly<Record<string, unknown>>>(
  id: string,
  options: DagOptions<Params>,
  build: (scope: BuildScope<Params>) => void,
): Dag {
  checkDagId(id);
  const where = `DAG ${id}`;
  checkOptions(options, where);
  const builder = new DagBuilder<Params>(id, options.defaultArgs ?? {});
  build(builder.scope());
  const graph = builder.graph({
    maxActiveTasks: options.maxActiveTasks ?? 16,
    ...(options.dagrunTimeout === undefined
      ? {}
      : { dagrunTimeoutMs: parseDuration(options.dagrunTimeout, `${where}: option dagrunTimeout`) }),
  });
  checkGraph(graph);
  return Object.freeze({
    [DAG_BRAND]: true,
    id,
    description: options.description ?? '',
    schedule: options.schedule ?? null,
    startDate: parseDate(options.startDate, `${where}: option startDate`),
    endDate: parseDate(options.endDate, `${where}: option endDate`),
    catchup: false,
    tags: Object.freeze([...(options.tags ?? [])]),
    params: options.params,
    graph,
    code: builder.code,
  });
}

function checkOptions(options: DagOptions<unknown>, where: string): void {
  for (const key of Object.keys(options)) {
    if (KNOWN_OPTIONS.has(key)) continue;
    throw invalid(`${where}: option ${key} is unknown. Known options: ${[...KNOWN_OPTIONS].join(', ')}.`);
  }
  checkTaskOptions(options.defaultArgs ?? {}, `${where}, defaultArgs`);
  const { maxActiveTasks, schedule, catchup } = options;
  if (
    maxActiveTasks !== undefined &&
    !(Number.isInteger(maxActiveTasks) && maxActiveTasks >= 1 && maxActiveTasks <= 500)
  ) {
    // above 500 pending activities a Temporal Workflow Task may time out
    throw invalid(
      `${where}: option maxActiveTasks is ${String(maxActiveTasks)}. Use a whole number from 1 to 500.`,
    );
  }
  if (schedule !== undefined && schedule !== null && typeof schedule !== 'object') {
    throw invalid(
      `${where}: option schedule is ${JSON.stringify(schedule)}. Write cron("0 2 * * *"), cronTrigger(…) or null.`,
    );
  }
  if (catchup !== undefined && catchup !== false) {
    throw invalid(
      `${where}: option catchup is ${JSON.stringify(catchup)}. Catching up is not available yet: leave it out.`,
    );
  }
}

function parseDate(text: string | undefined, where: string): Date | undefined {
  if (text === undefined) return undefined;
  try {
    return parseInstant(text);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where} is ${JSON.stringify(text)}, which is not a date. Write "2018-11-01" or "2018-11-01T00:00:00Z".`,
      { cause },
    );
  }
}

function invalid(message: string): AirtempoError {
  return new AirtempoError('INVALID_OPTION', message);
}
