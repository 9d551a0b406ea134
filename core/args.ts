/**
 * Task arguments: an object whose leaves are a value, another task's output, or a function of the run.
 * `encodeArgs` turns it into JSON with markers, which a run records; `evaluateArgs` fills the markers in
 * when the task runs. Functions stay in code and are found again by their path.
 */
import type { RunContext } from './context.js';
import { AirtempoError } from './errors.js';
import type { JsonValue } from './json.js';
import { TaskRef } from './task-ref.js';

/** A leaf's function, called with the run's context when the task runs. */
export type ArgFunction = (run: RunContext<never>) => unknown;

/** Arguments as data, and what they need from elsewhere. */
export interface EncodedArgs {
  /** JSON with `{$task}` and `{$fn}` markers; absent when there are no arguments. */
  readonly template?: JsonValue;
  /** Ids of the tasks whose outputs appear. */
  readonly inputs: readonly string[];
  /** Functions by their path, such as `from` or `keys.0`. */
  readonly functions: ReadonlyMap<string, ArgFunction>;
}

/** What evaluating needs: outputs by task id, functions by path, and the run. */
export interface ArgSources {
  output(taskId: string): unknown;
  functionAt(path: string): ArgFunction | undefined;
  readonly run: RunContext;
}

const MARKER = /^\$(task|fn|literal)$/;

/** Splits arguments into data and code. Throws INVALID_TASK for a leaf that is neither JSON, a task nor a function. */
export function encodeArgs(args: unknown, where: string): EncodedArgs {
  const inputs = new Set<string>();
  const functions = new Map<string, ArgFunction>();
  const encode = (value: unknown, path: string): JsonValue => {
    if (value instanceof TaskRef) {
      inputs.add(value.id);
      return { $task: value.id };
    }
    if (typeof value === 'function') {
      functions.set(path, value as ArgFunction); // any function in argument position is one of the run
      return { $fn: path };
    }
    if (Array.isArray(value)) return value.map((item, index) => encode(item, join(path, String(index))));
    if (isPlainObject(value)) return encodeObject(value, path, encode);
    return jsonLeaf(value, where, path);
  };
  if (args === undefined) return { inputs: [], functions };
  const template = encode(args, '');
  return { template, inputs: [...inputs], functions };
}

function encodeObject(
  value: Readonly<Record<string, unknown>>,
  path: string,
  encode: (value: unknown, path: string) => JsonValue,
): JsonValue {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const encoded = Object.fromEntries(entries.map(([key, item]) => [key, encode(item, join(path, key))]));
  return entries.some(([key]) => MARKER.test(key)) ? { $literal: encoded } : encoded;
}

function jsonLeaf(value: unknown, where: string, path: string): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new AirtempoError(
    'INVALID_TASK',
    `${where}: argument ${path === '' ? '(root)' : JSON.stringify(path)} is ${describe(value)}, which is not JSON. ` +
      `Pass a string, number, boolean, null, array or plain object, another task, or a function of the run.`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
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
  if (typeof value['$fn'] === 'string') return callFunction(value['$fn'], sources);
  const literal = value['$literal'];
  const entries = Object.entries(isJsonObject(literal) ? literal : value);
  const evaluated = await Promise.all(
    entries.map(async ([key, item]) => [key, await evaluate(item, sources)] as const),
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
  return fn(sources.run as RunContext<never>); // the params' type was checked where the DAG was written
}

/** The arguments as far as they are known before the run: markers become `undefined`. */
export function knownArgs(template: JsonValue | undefined): Readonly<Record<string, unknown>> {
  if (template === undefined || !isJsonObject(template)) return {};
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, isMarker(value) ? undefined : value]),
  );
}

function isMarker(value: JsonValue): boolean {
  return isJsonObject(value) && ('$task' in value || '$fn' in value);
}

function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isJsonObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
