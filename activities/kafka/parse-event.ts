/**
 * From the bytes of one message to one event of the 18 columns, or to the reason why there is none. The meaning of each key is
 * that of connections/duckdb/raw-json.ts; what a warehouse cannot hold, or no clock can have shown, is refused here besides. Pure.
 */
import { isUtf8 } from 'node:buffer';
import { RAW_EVENT_TYPES } from '../../connections/duckdb/event-columns.js';

type Key = keyof typeof RAW_EVENT_TYPES;
type TypeOf<Name extends string> = Name extends 'VARCHAR' ? string : number;

/** The eighteen keys with their types; what is absent, null or an empty userId is null. */
export type Event = { readonly [K in Key]: TypeOf<(typeof RAW_EVENT_TYPES)[K]> | null } & {
  readonly ts: number;
};

/** Why a message is no event. */
export type Reason =
  | 'empty'
  | 'too_large'
  | 'invalid_utf8'
  | 'invalid_json'
  | 'not_an_object'
  | 'missing_field'
  | 'wrong_type'
  | 'out_of_range'
  | 'invalid_text';

export interface Problem {
  readonly reason: Reason;
  /** A sentence that names the key. */
  readonly detail: string;
}

export interface ParsedEvent {
  readonly event: Event;
  /** No text of it holds a control character or a backslash: nothing that COPY would have escaped. */
  readonly isPlain: boolean;
}

export type Parsed = ParsedEvent | { readonly problem: Problem };

/** A text's bytes, as the columns of the warehouse hold them. */
const LONGEST_TEXT_BYTES = 4096;
const LONGEST_USER_ID_BYTES = 256;
/** Instants outside are the work of a broken clock, or seconds taken for milliseconds. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
const LARGEST_INT32 = 2 ** 31 - 1;

/** No event is nested deeper, and who walks through such a value would run out of stack. */
const DEEPEST = 300;

const INSTANTS: ReadonlySet<string> = new Set(['ts', 'registration']);
const WHOLE = /^\s*[+-]?\d+(\.0*)?\s*$/;
const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const NO_TEXT = /\0|\p{Surrogate}/u;
/** Without such an escape no text of a JSON in UTF-8 can hold a control character, a backslash or half a surrogate pair. */
const ESCAPE = /\\[^"/]/;

const refuse = (reason: Reason, detail: string): Problem => ({ reason, detail });

/** A value, or why it is none of the type. */
type Converted = string | number | null | Problem;

const SHOWN = 60;
const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
};

function convertText(key: string, value: unknown, isPlain: boolean): Converted {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return refuse('wrong_type', `${key} is ${show(value)}, not a text`);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return refuse('out_of_range', `${key} is a number of more than 15 digits: write it as a text`);
  if (!isPlain && NO_TEXT.test(text))
    return refuse('invalid_text', `${key} has a NUL character or half a surrogate pair`);
  const longest = key === 'userId' ? LONGEST_USER_ID_BYTES : LONGEST_TEXT_BYTES;
  // a UTF-16 unit is three bytes at most
  if (text.length * 3 > longest && Buffer.byteLength(text) > longest)
    return refuse('out_of_range', `${key} is longer than ${String(longest)} bytes`);
  return key === 'userId' && text === '' ? null : text;
}

function readNumber(value: unknown, pattern: RegExp): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && pattern.test(value) ? Number(value) : undefined;
}

function convertWhole(key: string, value: unknown, type: string): Converted {
  const number = readNumber(value, WHOLE);
  if (number === undefined || (Number.isFinite(number) && !Number.isInteger(number)))
    return refuse('wrong_type', `${key} is ${show(value)}, not a whole number`);
  if (!Number.isSafeInteger(number) || (type === 'INTEGER' && Math.abs(number) > LARGEST_INT32))
    return refuse('out_of_range', `${key} is ${show(value)}, more than its column holds`);
  if (INSTANTS.has(key) && (number < EARLIEST_MS || number >= LATEST_MS))
    return refuse('out_of_range', `${key} is ${show(value)} ms since 1970, not of the years 2000 to 2099`);
  return number === 0 ? 0 : number; // no -0
}

function convertDecimal(key: string, value: unknown): Converted {
  const number = readNumber(value, DECIMAL);
  if (number === undefined) return refuse('wrong_type', `${key} is ${show(value)}, not a number`);
  return Number.isFinite(number) ? number : refuse('out_of_range', `${key} is more than its column holds`);
}

/** Reads the keys of an object, and keeps what is wrong with the first bad one. */
class KeyReader {
  problem: Problem | undefined;
  readonly #object: { readonly [K in Key]?: unknown };
  readonly #isPlain: boolean;

  constructor(object: object, isPlain: boolean) {
    this.#object = object;
    this.#isPlain = isPlain;
  }

  read<K extends Key>(key: K): TypeOf<(typeof RAW_EVENT_TYPES)[K]> | null {
    const value = this.#object[key];
    if (value === undefined || value === null) return null;
    const converted = this.#convert(key, value);
    if (typeof converted !== 'object') return converted as TypeOf<(typeof RAW_EVENT_TYPES)[K]>; // by the key's type
    this.problem ??= converted ?? undefined;
    return null;
  }

  #convert(key: Key, value: unknown): Converted {
    const type = RAW_EVENT_TYPES[key];
    if (type === 'VARCHAR') return convertText(key, value, this.#isPlain);
    return type === 'DOUBLE' && !INSTANTS.has(key)
      ? convertDecimal(key, value)
      : convertWhole(key, value, type);
  }
}

function parseObject(object: object, isPlain: boolean): Parsed {
  const keys = new KeyReader(object, isPlain);
  // one by one: an object that is written out is made several times as fast as one that grows
  const event = {
    artist: keys.read('artist'),
    auth: keys.read('auth'),
    firstName: keys.read('firstName'),
    gender: keys.read('gender'),
    itemInSession: keys.read('itemInSession'),
    lastName: keys.read('lastName'),
    length: keys.read('length'),
    level: keys.read('level'),
    location: keys.read('location'),
    method: keys.read('method'),
    page: keys.read('page'),
    registration: keys.read('registration'),
    sessionId: keys.read('sessionId'),
    song: keys.read('song'),
    status: keys.read('status'),
    ts: keys.read('ts'),
    userAgent: keys.read('userAgent'),
    userId: keys.read('userId'),
  };
  const { ts, page, sessionId, itemInSession } = event;
  if (keys.problem !== undefined) return { problem: keys.problem };
  if (ts === null) return { problem: refuse('missing_field', 'no ts') };
  if (page === 'NextSong' && (sessionId === null || itemInSession === null))
    return { problem: refuse('missing_field', 'a play without sessionId or itemInSession') };
  return { event: event as Event, isPlain }; // ts is there
}

/** A text, or a bracket that opens or closes. */
const BRACKETS = /"[^"\\]*(?:\\.[^"\\]*)*"|([[{])|([\]}])/gs;

function isTooDeep(text: string): boolean {
  if (text.length <= 2 * DEEPEST) return false;
  let depth = 0;
  for (const [, opening, closing] of text.matchAll(BRACKETS)) {
    if (opening !== undefined) depth += 1;
    if (closing !== undefined) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Parses the value of a message; `null` is a tombstone. spark/parse_event.py does the same: what changes here changes there. */
export function parseEvent(value: Buffer | null, maxBytes: number): Parsed {
  if (value === null || value.length === 0) return { problem: refuse('empty', 'the message has no value') };
  if (value.length > maxBytes)
    return {
      problem: refuse('too_large', `${String(value.length)} bytes, and ${String(maxBytes)} are allowed`),
    };
  if (!isUtf8(value)) return { problem: refuse('invalid_utf8', 'the bytes are not UTF-8') };
  const text = value.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: refuse('invalid_json', error instanceof Error ? error.message : 'not JSON') };
  }
  if (isTooDeep(text))
    return { problem: refuse('invalid_json', `it is nested more than ${String(DEEPEST)} levels deep`) };
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { problem: refuse('not_an_object', `${show(json)} is not a JSON object`) };
  return parseObject(json, !ESCAPE.test(text));
}

/**
 * What an event is known by, in every partition and however often it comes: time, session, item and user. The first three are
 * numbers or `-`, so that no user's id can be taken for another key; the time comes first, so that an index grows at its end.
 */
export function keyOf({ ts, sessionId, itemInSession, userId }: Event): string {
  return `${String(ts)}/${sessionId === null ? '-' : String(sessionId)}/${itemInSession === null ? '-' : String(itemInSession)}/${userId ?? ''}`;
}
