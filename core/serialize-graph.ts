/**
 * The wire form of a graph, as a run records it in its history: compact JSON with a version. Tasks are
 * tuples, edges are positions, operators and execution options are named once, defaults are left out.
 * Pure. Histories outlive releases: every version ever written stays readable.
 */
import { AirtempoError } from './errors.js';
import type {
  CallbackNames,
  DeadlineOptions,
  ExecutionOptions,
  Graph,
  GraphTask,
  MapGroup,
  PokeOptions,
} from './graph.js';
import type { JsonValue } from './json.js';
import { isCount, isRecord, showValue } from './outside-value.js';
import { DEFAULT_PRIORITY } from './ready-queue.js';
import { DEFAULT_MAX_ACTIVE_TASKS } from './run.js';
import { defaultTriggerRule } from './trigger-rule.js';

const VERSION = 1;

type JsonRecord = Readonly<Record<string, JsonValue>>;

/**
 * Turns a graph into its wire form. Equal graphs give equal JSON; a value equal to its default (priority
 * 3, 16 active tasks, the task's own default rule, `false`, no inputs) counts as absent.
 */
export function serializeGraph(graph: Graph): JsonValue {
  const positions = new Map(graph.tasks.map((task, position) => [task.id, position]));
  const operators = new Interner<string>((operator) => operator);
  const executions = new Interner<ExecutionOptions>(keyOfExecution);
  const tasks = graph.tasks.map((task) => serializeTask(task, positions, operators, executions));
  return {
    v: VERSION,
    dagId: graph.dagId,
    ...(graph.maxActiveTasks === DEFAULT_MAX_ACTIVE_TASKS ? {} : { maxActiveTasks: graph.maxActiveTasks }),
    ...(graph.dagrunTimeoutMs === undefined ? {} : { dagrunTimeoutMs: graph.dagrunTimeoutMs }),
    ...(graph.callbacks === undefined ? {} : { callbacks: copyNames(graph.callbacks) }),
    ...(graph.deadline === undefined ? {} : { deadline: { ...graph.deadline } }),
    operators: operators.values,
    executions: executions.values.map(({ poke, callbacks, ...execution }) => ({
      ...execution,
      ...(callbacks === undefined ? {} : { callbacks: copyNames(callbacks) }),
      ...(poke === undefined ? {} : { poke: { ...poke } }),
    })),
    ...(graph.maps === undefined || graph.maps.length === 0
      ? {}
      : { maps: graph.maps as unknown as JsonValue }), // plain JSON
    tasks,
  };
}

/** `[id, operator, execution, upstream, extras?]`; all but the id and the extras are positions. */
function serializeTask(
  task: GraphTask,
  positions: ReadonlyMap<string, number>,
  operators: Interner<string>,
  executions: Interner<ExecutionOptions>,
): JsonValue {
  const upstream = task.upstream.map((id) => {
    const position = positions.get(id);
    if (position !== undefined) return position;
    throw new AirtempoError(
      'UNKNOWN_ID',
      `Task ${JSON.stringify(task.id)} is downstream of ${JSON.stringify(id)}, which the graph does not have. ` +
        `Check a graph with checkGraph before serializing it.`,
    );
  });
  const extras = serializeExtras(task);
  const tuple = [task.id, operators.intern(task.operator), executions.intern(task.execution), upstream];
  return Object.keys(extras).length === 0 ? tuple : [...tuple, extras];
}

function serializeExtras(task: GraphTask): JsonRecord {
  const { triggerRule, priority, setup, teardown, onFailureFailDagrun, deferred } = task;
  const { summary, args, inputs = [] } = task;
  const { dependsOnPast, waitForDownstream, ignoreFirstDependsOnPast, waitForPastDependsBeforeSkipping } =
    task;
  return {
    ...(triggerRule === undefined || triggerRule === defaultTriggerRule(task) ? {} : { triggerRule }),
    ...(priority === undefined || priority === DEFAULT_PRIORITY ? {} : { priority }),
    ...(setup === true ? { setup } : {}),
    ...(teardown === true ? { teardown } : {}),
    ...(onFailureFailDagrun === true ? { onFailureFailDagrun } : {}),
    ...(deferred === true ? { deferred } : {}),
    ...(dependsOnPast === true ? { dependsOnPast } : {}),
    ...(waitForDownstream === true ? { waitForDownstream } : {}),
    ...(ignoreFirstDependsOnPast === false ? { ignoreFirstDependsOnPast } : {}),
    ...(waitForPastDependsBeforeSkipping === true ? { waitForPastDependsBeforeSkipping } : {}),
    ...(task.mapGroup === undefined ? {} : { mapGroup: task.mapGroup }),
    ...(summary === undefined ? {} : { summary }),
    ...(args === undefined ? {} : { args }),
    // positions in the task's own upstream list: mostly a single digit
    ...(inputs.length === 0 ? {} : { inputs: inputs.map((id) => task.upstream.indexOf(id)) }),
  };
}

/**
 * Reads the wire form. Throws INVALID_DAG for another version or a malformed value. What the tasks mean
 * (cycles, rules, duplicates) is for `checkGraph` to judge.
 */
export function deserializeGraph(json: JsonValue): Graph {
  if (!isJsonRecord(json)) throw malformed(`It is ${showValue(json)}, not an object.`);
  if (json['v'] !== VERSION) {
    throw malformed(
      `Its version is ${showValue(json['v'])}, and this release reads version ${VERSION}. ` +
        `Run it with the release that wrote it, or a newer one.`,
    );
  }
  const { dagId, maxActiveTasks = DEFAULT_MAX_ACTIVE_TASKS, dagrunTimeoutMs } = json;
  if (typeof dagId !== 'string') throw malformed(`dagId is ${showValue(dagId)}, not a string.`);
  if (!isCount(maxActiveTasks))
    throw malformed(`maxActiveTasks is ${showValue(maxActiveTasks)}, not a count.`);
  if (dagrunTimeoutMs !== undefined && !isAmount(dagrunTimeoutMs)) {
    throw malformed(`dagrunTimeoutMs is ${showValue(dagrunTimeoutMs)}, not milliseconds.`);
  }
  const { callbacks, deadline } = json;
  const operators = parseList('operators', json['operators']).map(parseOperator);
  const executions = parseList('executions', json['executions']).map(parseExecution);
  const tuples = parseList('tasks', json['tasks']).map(parseTuple);
  const tables: Tables = { operators, executions, ids: tuples.map(([id]) => id) };
  return {
    dagId,
    tasks: tuples.map((tuple) => parseTask(tuple, tables)),
    maxActiveTasks,
    ...(dagrunTimeoutMs === undefined ? {} : { dagrunTimeoutMs }),
    ...(callbacks === undefined ? {} : { callbacks: parseNames(callbacks) }),
    ...(deadline === undefined ? {} : { deadline: parseDeadline(deadline) }),
    ...(json['maps'] === undefined ? {} : { maps: parseList('maps', json['maps']).map(parseMap) }),
  };
}

/** Of one event or several; the order of the events is the author's. */
function copyNames(callbacks: CallbackNames): JsonValue {
  return Object.fromEntries(Object.entries(callbacks).map(([event, names]) => [event, [...names]]));
}

function parseNames(json: JsonValue): CallbackNames {
  const isList = (value: JsonValue): boolean =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  // an event of a later release is nobody's here, and does no harm
  if (isJsonRecord(json) && Object.values(json).every(isList)) return json;
  throw malformed(`callbacks are ${showValue(json)}, not lists of names.`);
}

function parseDeadline(json: JsonValue): DeadlineOptions {
  if (isJsonRecord(json) && typeof json['from'] === 'string' && isAmount(json['withinMs'])) {
    return json as unknown as DeadlineOptions;
  }
  throw malformed(`deadline is ${showValue(json)}, not an origin and milliseconds.`);
}

function parseMap(json: JsonValue): MapGroup {
  const isMap = isJsonRecord(json) && typeof json['id'] === 'string' && Array.isArray(json['sources']);
  if (!isMap) throw malformed(`A mapped group is ${showValue(json)}, not an object with id and sources.`);
  return json as unknown as MapGroup; // written by serializeGraph
}

interface Tables {
  readonly operators: readonly string[];
  readonly executions: readonly ExecutionOptions[];
  readonly ids: readonly string[];
}

type TaskTuple = readonly [id: string, rest: readonly JsonValue[]];

function parseTuple(json: JsonValue): TaskTuple {
  const [id, ...rest] = parseList('a task', json);
  if (typeof id !== 'string') throw malformed(`A task has the id ${showValue(id)}, not a string.`);
  if (rest.length < 3 || rest.length > 4) {
    throw malformed(`Task ${JSON.stringify(id)} has ${rest.length + 1} elements, not 4 or 5.`);
  }
  return [id, rest];
}

function parseTask([id, rest]: TaskTuple, tables: Tables): GraphTask {
  const at = `task ${JSON.stringify(id)}`;
  const [operator, execution, edges, extras = {}] = rest;
  const upstream = parseList(`upstream of ${at}`, edges).map((position) =>
    pick(tables.ids, position, `upstream of ${at}`),
  );
  if (!isJsonRecord(extras)) throw malformed(`The extras of ${at} are ${showValue(extras)}, not an object.`);
  return {
    id,
    upstream,
    operator: pick(tables.operators, operator, `operator of ${at}`),
    execution: pick(tables.executions, execution, `execution of ${at}`),
    ...parseExtras(extras, upstream, at),
  };
}

type Extras = Omit<GraphTask, 'id' | 'upstream' | 'operator' | 'execution' | 'instance'>;

const EXTRAS: Readonly<Record<keyof Extras, (value: JsonValue) => boolean>> = {
  triggerRule: (value) => typeof value === 'string',
  priority: isCount,
  setup: (value) => value === true,
  teardown: (value) => value === true,
  onFailureFailDagrun: (value) => value === true,
  deferred: (value) => value === true,
  dependsOnPast: (value) => value === true,
  waitForDownstream: (value) => value === true,
  ignoreFirstDependsOnPast: (value) => value === false,
  waitForPastDependsBeforeSkipping: (value) => value === true,
  mapGroup: (value) => typeof value === 'string',
  summary: (value) => typeof value === 'string',
  args: () => true,
  inputs: Array.isArray,
};

function parseExtras(extras: JsonRecord, upstream: readonly string[], at: string): Extras {
  for (const [key, value] of Object.entries(extras)) {
    if (!Object.hasOwn(EXTRAS, key)) throw malformed(`The field ${JSON.stringify(key)} of ${at} is unknown.`);
    if (EXTRAS[key as keyof Extras](value)) continue;
    throw malformed(`The field ${key} of ${at} is ${showValue(value)}.`);
  }
  const { inputs, ...others } = extras;
  // checked field by field above; whether a rule or a priority exists is checkGraph's question
  const checked = others as Extras;
  if (inputs === undefined) return checked;
  const ids = parseList(`inputs of ${at}`, inputs).map((position) =>
    pick(upstream, position, `inputs of ${at}`),
  );
  return { ...checked, inputs: ids };
}

function parseOperator(json: JsonValue): string {
  if (typeof json === 'string') return json;
  throw malformed(`An operator is ${showValue(json)}, not a name.`);
}

const EXECUTION_AMOUNTS = [
  'retries',
  'retryDelayMs',
  'retryBackoff',
  'maxRetryDelayMs',
  'executionTimeoutMs',
  'heartbeatTimeoutMs',
] as const satisfies readonly (keyof ExecutionOptions)[];

const EXECUTION_EXTRAS: readonly string[] = [
  'pool',
  'poke',
  'callbacks',
  'deadlineMs',
] satisfies (keyof ExecutionOptions)[];

function parseExecution(json: JsonValue): ExecutionOptions {
  if (!isJsonRecord(json)) throw malformed(`Execution options are ${showValue(json)}, not an object.`);
  const bad = EXECUTION_AMOUNTS.find((key) => !isAmount(json[key]));
  if (bad !== undefined)
    throw malformed(`The execution option ${bad} is ${showValue(json[bad])}, not a number from 0.`);
  const { pool, poke, callbacks, deadlineMs } = json;
  if (pool !== undefined && typeof pool !== 'string')
    throw malformed(`pool is ${showValue(pool)}, not a name.`);
  const unknownKey = Object.keys(json).find(
    (key) => !EXECUTION_EXTRAS.includes(key) && !EXECUTION_AMOUNTS.some((known) => known === key),
  );
  if (unknownKey !== undefined)
    throw malformed(`The execution option ${JSON.stringify(unknownKey)} is unknown.`);
  if (poke !== undefined) checkPoke(poke);
  if (callbacks !== undefined) parseNames(callbacks);
  if (deadlineMs !== undefined && !isAmount(deadlineMs))
    throw malformed(`deadlineMs is ${showValue(deadlineMs)}, not a number from 0.`);
  return json as unknown as ExecutionOptions;
}

const POKE_OPTIONS: Readonly<Record<keyof PokeOptions, (value: JsonValue | undefined) => boolean>> = {
  intervalMs: isAmount,
  backoff: isAmount,
  timeoutMs: isAmount,
  maxIntervalMs: (value) => value === undefined || isAmount(value),
  softFail: (value) => value === undefined || value === true,
  hasOnCancel: (value) => value === undefined || value === true,
};

function checkPoke(poke: JsonValue): void {
  if (!isJsonRecord(poke)) throw malformed(`poke is ${showValue(poke)}, not an object.`);
  const unknown = Object.keys(poke).find((key) => !Object.hasOwn(POKE_OPTIONS, key));
  if (unknown !== undefined) throw malformed(`The poke option ${JSON.stringify(unknown)} is unknown.`);
  const bad = Object.entries(POKE_OPTIONS).find(([key, accepts]) => !accepts(poke[key]));
  if (bad !== undefined) throw malformed(`The poke option ${bad[0]} is ${showValue(poke[bad[0]])}.`);
}

/** Equal options share one entry, whatever the order of their fields. */
function keyOfExecution(execution: ExecutionOptions): string {
  return JSON.stringify(Object.entries(execution).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Gives equal values one position in a list. */
class Interner<T> {
  readonly values: T[] = [];
  readonly #positions = new Map<string, number>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  intern(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    this.#positions.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}

function parseList(name: string, json: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(json)) return json as readonly JsonValue[];
  throw malformed(`${name} is ${showValue(json)}, not a list.`);
}

function pick<T>(list: readonly T[], position: JsonValue | undefined, name: string): T {
  const found = isCount(position) ? list[position] : undefined;
  if (found !== undefined) return found;
  throw malformed(`${name} is ${showValue(position)}, not a position in a list of ${list.length}.`);
}

function isJsonRecord(value: unknown): value is JsonRecord {
  return isRecord(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function malformed(problem: string): AirtempoError {
  return new AirtempoError('INVALID_DAG', `A recorded graph cannot be read. ${problem}`);
}
