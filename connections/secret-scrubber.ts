/**
 * Removes the secrets of resolved connections from text, log objects and errors, by value. It knows
 * only what was registered: names are masked by mask.ts. One lives as long as its process.
 */
import type { Connection } from '../core/connection.js';
import { collectSecrets, isSensitiveName, MASK } from './mask.js';
import { computeSecretForms } from './secret-forms.js';

/** Replaces secrets by `***`. */
export interface SecretScrubber {
  /** Remembers the secrets of a connection; registering it again costs nothing. */
  register(connection: Connection): void;
  /** Remembers a text that is a secret by itself. */
  registerText(secret: string): void;
  /** The text with each known secret, in plain, URL-encoded, JSON-escaped or base64 form, as `***`. */
  scrub(text: string): string;
  /**
   * The value with every text in it scrubbed, and texts under sensitive names (`password`, `token` …)
   * masked. The original is never changed; a value without secrets is returned as it is.
   */
  scrubValue<T>(value: T): T;
}

/** Airflow's limit: masking shorter values would riddle logs with stars, and give the length away. */
const MIN_SECRET_LENGTH = 5;
/** Secrets remembered at most; rotating tokens in a long-lived worker push the oldest half out. */
const MAX_SECRETS = 2_000;
/** Nesting that is still scrubbed; what lies deeper is dropped rather than let through. */
const MAX_DEPTH = 100;
/** Characters by which candidates are looked up; no secret form is shorter. */
const KEY_LENGTH = MIN_SECRET_LENGTH;

/** A search over many fixed strings: one look at a small table for each position of the text. */
interface SecretIndex {
  readonly filter: Uint8Array;
  /** Forms by their first `KEY_LENGTH` characters, longest first. */
  readonly forms: Map<string, readonly string[]>;
}

const FILTER_MASK = 0xffff;

function hashAt(text: string, position: number): number {
  const a = text.charCodeAt(position);
  const b = text.charCodeAt(position + 1);
  const c = text.charCodeAt(position + 2);
  return (a ^ (b << 5) ^ (c << 10)) & FILTER_MASK;
}

function createIndex(): SecretIndex {
  return { filter: new Uint8Array(FILTER_MASK + 1), forms: new Map() };
}

function addToIndex({ filter, forms }: SecretIndex, secret: string): void {
  for (const form of computeSecretForms(secret)) {
    const key = form.slice(0, KEY_LENGTH);
    filter[hashAt(form, 0)] = 1;
    const others = forms.get(key) ?? [];
    if (others.includes(form)) continue;
    forms.set(
      key,
      [...others, form].sort((x, y) => y.length - x.length),
    );
  }
}

function findFormAt(index: SecretIndex, text: string, position: number): string | undefined {
  if (index.filter[hashAt(text, position)] === 0) return undefined;
  const candidates = index.forms.get(text.slice(position, position + KEY_LENGTH));
  return candidates?.find((form) => text.startsWith(form, position));
}

function scrubText(index: SecretIndex, text: string): string {
  let result = '';
  let copiedTo = 0;
  for (let position = 0; position <= text.length - KEY_LENGTH;) {
    const form = findFormAt(index, text, position);
    if (form === undefined) {
      position += 1;
      continue;
    }
    result += text.slice(copiedTo, position) + MASK;
    position += form.length;
    copiedTo = position;
  }
  return copiedTo === 0 ? text : result + text.slice(copiedTo);
}

/** One deep walk. */
interface Walk {
  readonly scrub: (text: string) => string;
  /** Copies by original, so that cycles end; apart for what lies under a sensitive name. */
  readonly seen: { readonly plain: Map<object, unknown>; readonly sensitive: Map<object, unknown> };
}

function createWalk(scrub: (text: string) => string): Walk {
  return { scrub, seen: { plain: new Map(), sensitive: new Map() } };
}

function seenBy(walk: Walk, sensitive: boolean): Map<object, unknown> {
  return sensitive ? walk.seen.sensitive : walk.seen.plain;
}

function walkValue(walk: Walk, value: unknown, sensitive: boolean, depth: number): unknown {
  if (typeof value === 'string') return sensitive && value !== '' ? MASK : walk.scrub(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const seen = seenBy(walk, sensitive);
  if (seen.has(value)) return seen.get(value);
  if (depth > MAX_DEPTH) return MASK;
  if (value instanceof Error) return walkError(walk, value, sensitive, depth);
  if (Array.isArray(value)) return walkArray(walk, value, sensitive, depth);
  if (value instanceof Map) return walkMap(walk, value, sensitive, depth);
  if (value instanceof Set) return walkSet(walk, value, sensitive, depth);
  return walkObject(walk, value, sensitive, depth);
}

function walkArray(walk: Walk, value: readonly unknown[], sensitive: boolean, depth: number): unknown {
  const copy: unknown[] = [];
  seenBy(walk, sensitive).set(value, copy);
  for (const item of value) copy.push(walkValue(walk, item, sensitive, depth + 1));
  return copy;
}

function walkMap(
  walk: Walk,
  value: ReadonlyMap<unknown, unknown>,
  sensitive: boolean,
  depth: number,
): unknown {
  const copy = new Map<unknown, unknown>();
  seenBy(walk, sensitive).set(value, copy);
  for (const [key, item] of value) {
    const hidden = sensitive || (typeof key === 'string' && isSensitiveName(key));
    copy.set(walkValue(walk, key, false, depth + 1), walkValue(walk, item, hidden, depth + 1));
  }
  return copy;
}

function walkSet(walk: Walk, value: ReadonlySet<unknown>, sensitive: boolean, depth: number): unknown {
  const copy = new Set<unknown>();
  seenBy(walk, sensitive).set(value, copy);
  for (const item of value) copy.add(walkValue(walk, item, sensitive, depth + 1));
  return copy;
}

/** Instances of classes become plain objects, as a logger would write them; `toJSON` is honoured. */
function walkObject(walk: Walk, value: object, sensitive: boolean, depth: number): unknown {
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') {
    seenBy(walk, sensitive).set(value, MASK);
    const json = walkValue(walk, toJSON.call(value) as unknown, sensitive, depth + 1);
    seenBy(walk, sensitive).set(value, json);
    return json;
  }
  const copy: Record<string, unknown> = {};
  seenBy(walk, sensitive).set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    defineValue(
      copy,
      walk.scrub(key),
      walkValue(walk, item, sensitive || isSensitiveName(key), depth + 1),
      true,
    );
  }
  return copy;
}

/** A copy that is still an `instanceof` its class; message, stack and cause are scrubbed like all else. */
function walkError(walk: Walk, error: Error, sensitive: boolean, depth: number): Error {
  const copy = Object.create(Object.getPrototypeOf(error) as object) as Error;
  seenBy(walk, sensitive).set(error, copy);
  for (const key of Reflect.ownKeys(error)) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    const value: unknown = Reflect.get(error, key);
    const hidden = sensitive || (typeof key === 'string' && isSensitiveName(key));
    defineValue(copy, key, walkValue(walk, value, hidden, depth + 1), descriptor?.enumerable ?? false);
  }
  return copy;
}

/** Plain assignment would call the setter of a key named `__proto__`. */
function defineValue(target: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

/** Whether the walk would change anything; most log lines end here, without a copy. */
function holdsSecret(walk: Walk, value: unknown, sensitive: boolean, depth: number): boolean {
  if (typeof value === 'string')
    return sensitive ? value !== '' && value !== MASK : walk.scrub(value) !== value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (depth > MAX_DEPTH) return true;
  const seen = seenBy(walk, sensitive);
  if (seen.has(value)) return false;
  seen.set(value, true);
  return readEntries(value).some(([key, item]) => {
    const named = typeof key === 'string';
    if (named && walk.scrub(key) !== key) return true;
    return holdsSecret(walk, item, sensitive || (named && isSensitiveName(key)), depth + 1);
  });
}

function readEntries(value: object): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => [0, item] as const);
  if (value instanceof Map)
    return [...value].flatMap(([key, item]) => [[0, key] as const, [key, item] as const]);
  if (value instanceof Error)
    return Reflect.ownKeys(value).map((key) => [key, Reflect.get(value, key)] as const);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return [[0, toJSON.call(value) as unknown]];
  return Object.entries(value);
}

/**
 * A scrubber that knows no secret yet. Secrets shorter than 5 characters are not masked (Airflow's rule);
 * the empty text never is.
 */
export function createSecretScrubber(): SecretScrubber {
  const secrets = new Set<string>();
  let index = createIndex();

  /** Drops half at once, so that the index is rarely built anew. */
  const forgetOldest = (): void => {
    for (const secret of [...secrets].slice(0, MAX_SECRETS / 2)) secrets.delete(secret);
    index = createIndex();
    for (const secret of secrets) addToIndex(index, secret);
  };
  const remember = (secret: string): void => {
    if (secret.length < MIN_SECRET_LENGTH) return;
    // to the end of the line: the least recently registered goes first
    const isKnown = secrets.delete(secret);
    secrets.add(secret);
    if (!isKnown) addToIndex(index, secret);
    if (secrets.size > MAX_SECRETS) forgetOldest();
  };
  const scrub = (text: string): string => (secrets.size === 0 ? text : scrubText(index, text));

  return {
    register: (connection) => collectSecrets(connection).forEach(remember),
    registerText: remember,
    scrub,
    scrubValue: <T>(value: T): T => {
      if (!holdsSecret(createWalk(scrub), value, false, 0)) return value;
      // the copy has the shape of the original, apart from the texts
      return walkValue(createWalk(scrub), value, false, 0) as T;
    },
  };
}
