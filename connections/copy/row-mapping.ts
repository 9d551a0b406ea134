/**
 * Which value of a row feeds which column: by key ('auto'), by key in any case ('auto ignorecase'), by JSONPaths,
 * or by position (CSV). It finds values; it does not convert them.
 */
import type { JsonRow } from './record.js';
import { findRawJson, type JsonSteps } from './raw-json.js';

/** Fills `values[i]` for column i; `undefined` is "missing". Returns a reason when the row cannot be mapped at all. */
export interface RowMapping<Row> {
  map(row: Row, values: unknown[]): string | undefined;
  /** The exact source text of column `index` of the row mapped last, whose text is `text`. */
  raw(text: string, index: number, value: unknown): string;
}

const NOT_AN_OBJECT =
  'the row is an array, but its keys are to be matched to columns: write objects, or use JSONPaths';

function stringify(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

/** Own members only: `{}` has no "constructor" to load. */
function readOwn(row: object, key: string): unknown {
  return Object.hasOwn(row, key) ? Reflect.get(row, key) : undefined;
}

/** Names that every object inherits; for others a plain read is right, and faster. */
function isInherited(key: string): boolean {
  return key in {};
}

/** JSON 'auto': a key feeds the column of exactly that name. */
export function createKeyMapping(columns: readonly string[]): RowMapping<JsonRow> {
  const guarded = columns.some(isInherited);
  const count = columns.length;
  return {
    map(row, values) {
      if (Array.isArray(row)) return NOT_AN_OBJECT;
      // Not an array, hence an object with named members.
      const members = row as Readonly<Record<string, unknown>>;
      for (let index = 0; index < count; index += 1) {
        const key = columns[index] ?? '';
        values[index] = guarded ? readOwn(members, key) : members[key];
      }
      return undefined;
    },
    raw: (text, index, value) => findRawJson(text, [columns[index] ?? '']) ?? stringify(value),
  };
}

/** Keys remembered at most: files with ever new keys must not grow the memory. */
const MAX_KNOWN_KEYS = 10_000;

/** JSON 'auto ignorecase': a key feeds the column of that name in any case; of several the last one wins. */
export function createCaselessMapping(columns: readonly string[]): RowMapping<JsonRow> {
  const byName = new Map(columns.map((name, index) => [name.toLowerCase(), index]));
  const byKey = new Map<string, number>();
  const keys: string[] = columns.map(() => '');
  const findColumn = (key: string): number => {
    let index = byKey.get(key);
    if (index === undefined) {
      index = byName.get(key.toLowerCase()) ?? -1;
      if (byKey.size < MAX_KNOWN_KEYS) byKey.set(key, index);
    }
    return index;
  };
  return {
    map(row, values) {
      if (Array.isArray(row)) return NOT_AN_OBJECT;
      values.fill(undefined);
      const members = row as Readonly<Record<string, unknown>>;
      for (const key in members) {
        const index = findColumn(key);
        if (index < 0) continue;
        values[index] = members[key];
        keys[index] = key;
      }
      return undefined;
    },
    raw: (text, index, value) => findRawJson(text, [keys[index] ?? '']) ?? stringify(value),
  };
}

function readPath(row: unknown, steps: JsonSteps): unknown {
  let value = row;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) !== (typeof step === 'number')) return undefined;
    value = readOwn(value, String(step));
  }
  return value;
}

/** JSONPaths: path i feeds column i. A path that leads nowhere is NULL. */
export function createPathMapping(paths: readonly JsonSteps[]): RowMapping<JsonRow> {
  return {
    map(row, values) {
      for (const [index, steps] of paths.entries()) values[index] = readPath(row, steps) ?? null;
      return undefined;
    },
    raw: (text, index, value) => findRawJson(text, paths[index] ?? []) ?? stringify(value),
  };
}

/** CSV: field i feeds column i; their numbers must agree. */
export function createFieldMapping(columnCount: number): RowMapping<readonly string[]> {
  return {
    map(fields, values) {
      if (fields.length !== columnCount) {
        return `${fields.length} fields for ${columnCount} columns: the delimiter is missing, or there are ${fields.length > columnCount ? 'extra' : 'too few'} fields`;
      }
      for (let index = 0; index < columnCount; index += 1) values[index] = fields[index];
      return undefined;
    },
    raw: (_text, _index, value) => String(value),
  };
}
