/**
 * Task arguments: an object whose leaves are a value, another task's output, or a function of the run.
 * `encodeArgs` turns it into JSON with markers, which a run records; `evaluateArgs` fills the markers in
 * when the task runs. Functions stay in code and are found again by their path.
 */
import type { ArgContext } from './context.js';
import { AirtempoError } from './errors.js';
import type { JsonValue } from './json.js';
import { Each, MapItem } from './map-items.js';
import { TaskRef, Tasks, type EdgeRecorder } from './task-ref.js';

/** A leaf's function, called with the run's context when the task runs. */
export type ArgFunction = (run: ArgContext<never>) => unknown;

/** Arguments as data, and what they need from elsewhere. Frozen, and a copy of what the author gave. */
export interface EncodedArgs {
  /** JSON with `{$task}`, `{$item}` and `{$fn}` markers; absent when there are no arguments. */
  readonly template?: JsonValue;
  /** Ids of the tasks whose outputs appear. */
  readonly inputs: readonly string[];
  /** Functions by their path, such as `from` or `keys.0`; a dot inside a key is written `\.`. */
  readonly functions: ReadonlyMap<string, ArgFunction>;
  /** Ids of the mapped groups whose items appear. */
  readonly mapGroups: ReadonlySet<string>;
}

/** What evaluating needs: outputs by task id, functions by path, and the run. */
export interface ArgSources {
  output(taskId: string): unknown;
  /** The element of a mapped group's list for this instance. */
  item(key: string): unknown;
  functionAt(path: string): ArgFunction | undefined;
  readonly run: ArgContext;
}

const MARKER = /^\$(task|item|fn|literal)$/;
/** Arguments are for people to read; a deeper value is a mistake, or would exhaust the stack. */
const DEEPEST = 100;

/**
 * Splits arguments into data and code. Throws INVALID_TASK for a leaf that is neither JSON, a task nor a
 * function, and UNKNOWN_ID for a task of another DAG than `dag`.
 */
export function encodeArgs(args: unknown, where: string, dag: EdgeRecorder): EncodedArgs {
  if (args === undefined) return { inputs: [], functions: new Map(), mapGroups: new Set() };
  if (!isPlainObject(args)) {
    throw new AirtempoError(
      'INVALID_TASK',
      `${where}: its arguments are ${describe(args)}, not an object. ` +
        `Write them as { name: value }; a value may be another task or a function of the run.`,
    );
  }
  const encoder = new ArgEncoder(where, dag);
  const template = encoder.encode(args, []);
  const { functions, mapGroups } = encoder;
  return { template, inputs: [...encoder.inputs], functions, mapGroups };
}

type Path = readonly string[];

class ArgEncoder {
  readonly inputs = new Set<string>();
  readonly functions = new Map<string, ArgFunction>();
  readonly mapGroups = new Set<string>();
  readonly #where: string;
  readonly #dag: EdgeRecorder;
  /** The objects that the current value lies in; meeting one again is a cycle. */
  readonly #enclosing = new Set<object>();

  constructor(where: string, dag: EdgeRecorder) {
    this.#where = where;
    this.#dag = dag;
  }

  encode(value: unknown, path: Path): JsonValue {
    if (value instanceof TaskRef) return this.#reference(value, path);
    if (value instanceof MapItem) {
      this.mapGroups.add(value.groupId);
      return Object.freeze({ $item: value.key });
    }
    if (typeof value === 'function') return this.#function(value as ArgFunction, path); // any function here is one of the run
    if (Array.isArray(value)) {
      // Array.from visits holes, map would keep them
      return this.#inside(value, path, () =>
        Array.from(value, (item, index) => this.encode(item, [...path, String(index)])),
      );
    }
    if (isPlainObject(value)) return this.#inside(value, path, () => this.#object(value, path));
    return this.#leaf(value, path);
  }

  #reference(task: TaskRef, path: Path): JsonValue {
    if (!task.isPartOf(this.#dag)) {
      throw new AirtempoError(
        'UNKNOWN_ID',
        `${this.#where}: argument ${showPath(path)} is the output of task ${task.id} of DAG ${task.dagId}, ` +
          `which is another DAG. Use an output of the same DAG.`,
      );
    }
    this.inputs.add(task.id);
    return Object.freeze({ $task: task.id });
  }

  #function(fn: ArgFunction, path: Path): JsonValue {
    const key = formatPath(path);
    this.functions.set(key, fn);
    return Object.freeze({ $fn: key });
  }

  #inside<T extends JsonValue>(value: object, path: Path, encodeItems: () => T): T {
    if (this.#enclosing.has(value)) throw this.#invalid(path, 'contains itself', 'Remove the cycle.');
    if (path.length > DEEPEST) {
      throw this.#invalid(path.slice(0, 3), `is nested more than ${DEEPEST} levels deep`, 'Flatten it.');
    }
    this.#enclosing.add(value);
    const encoded = encodeItems();
    this.#enclosing.delete(value);
    return Object.freeze(encoded);
  }

  #object(value: Readonly<Record<string, unknown>>, path: Path): { readonly [key: string]: JsonValue } {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const encoded = Object.fromEntries(
      entries.map(([key, item]) => [key, this.encode(item, [...path, key])]),
    );
    return entries.some(([key]) => MARKER.test(key)) ? { $literal: Object.freeze(encoded) } : encoded;
  }

  #leaf(value: unknown, path: Path): JsonValue {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (value instanceof Each) {
      const fix = 'Use it as an argument of map, at the top: map(id, operator, { key: each(keys) }).';
      throw this.#invalid(path, 'maps over a list in a task that is not mapped', fix);
    }
    if (value instanceof Tasks) {
      throw this.#invalid(path, 'is a group or a list of tasks', 'Pass one task, such as group.result.');
    }
    throw this.#invalid(
      path,
      `is ${describe(value)}, which is not JSON`,
      'Pass a string, number, boolean, null, array or plain object, another task, or a function of the run.',
    );
  }

  #invalid(path: Path, problem: string, fix: string): AirtempoError {
    return new AirtempoError('INVALID_TASK', `${this.#where}: argument ${showPath(path)} ${problem}. ${fix}`);
  }
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an instance of ${value.constructor?.name ?? 'a class'}`;
  }
  if (value === undefined || typeof value === 'number') return String(value);
  return value === null ? 'null' : `a ${typeof value}`;
}

/** Fills the markers in. Functions are awaited, so an argument may be computed asynchronously. */
export async function evaluateArgs(template: JsonValue | undefined, sources: ArgSources): Promise<unknown> {
  if (template === undefined) return {};
  return evaluate(template, sources);
}

async function evaluate(value: JsonValue, sources: ArgSources): Promise<unknown> {
  if (isJsonArray(value)) return Promise.all(value.map((item) => evaluate(item, sources)));
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value['$task'] === 'string') return sources.output(value['$task']);
  if (typeof value['$item'] === 'string') return sources.item(value['$item']);
  if (typeof value['$fn'] === 'string') return callFunction(value['$fn'], sources);
  const evaluated = await Promise.all(
    Object.entries(unwrapLiteral(value)).map(
      async ([key, item]) => [key, await evaluate(item, sources)] as const,
    ),
  );
  return Object.fromEntries(evaluated);
}

async function callFunction(path: string, sources: ArgSources): Promise<unknown> {
  const fn = sources.functionAt(path);
  if (fn === undefined) {
    throw new AirtempoError(
      'TASK_CODE_MISSING',
      `Argument ${JSON.stringify(path)} was a function when the run began, and the worker's current code has none there. ` +
        `Deploy the former DAG file, or start a new run.`,
    );
  }
  return fn(sources.run as ArgContext<never>); // the params' type was checked where the DAG was written
}

/** The arguments as far as they are known before the run: markers, however deep, become `undefined`. */
export function knownArgs(template: JsonValue | undefined): Readonly<Record<string, unknown>> {
  return template === undefined ? {} : (known(template) as Readonly<Record<string, unknown>>); // arguments are an object
}

function known(value: JsonValue): unknown {
  if (isJsonArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value;
  if ('$task' in value || '$item' in value || '$fn' in value) return undefined;
  return Object.fromEntries(Object.entries(unwrapLiteral(value)).map(([key, item]) => [key, known(item)]));
}

type JsonObject = { readonly [key: string]: JsonValue };

/** `{$literal: {…}}` stands for an object whose own keys look like markers. */
function unwrapLiteral(value: JsonObject): JsonObject {
  const literal = value['$literal'];
  return typeof literal === 'object' && literal !== null && !isJsonArray(literal) ? literal : value;
}

function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Also one of another realm, such as a `vm` context, whose Object is not ours. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Unambiguous for keys with dots: `{ 'a.b': … }` is not `{ a: { b: … } }`. */
function formatPath(path: Path): string {
  return path.map((key) => key.replaceAll(/[\\.]/g, String.raw`\$&`)).join('.');
}

function showPath(path: Path): string {
  return JSON.stringify(formatPath(path));
}
