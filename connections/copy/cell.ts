/** One converted value: text in COPY's format, or the reason why there is none. Shared by all the converters. */
import type { CopyOptions } from './copy-options.js';

/** Why a value does not fit its column. */
export interface Refusal {
  readonly reason: string;
}

/** A value in COPY text format, already escaped. */
export type Cell = string | Refusal;

/** The exact source text of the value being converted. Only called when JSON.parse may have lost something. */
export type RawText = () => string;

/** Converts one parsed value (JSON value, or CSV text) for one column. `undefined` never arrives: it is "missing". */
export type CellConverter = (value: unknown, raw: RawText) => Cell;

/** The options that converters heed. */
export type ConvertOptions = Pick<
  CopyOptions,
  'timeFormat' | 'emptyAsNull' | 'blanksAsNull' | 'truncateColumns' | 'roundDec' | 'nullAs'
>;

/** NULL and DEFAULT in COPY text format. Escaped text cannot look like them: its backslashes are doubled. */
export const NULL_CELL = '\\N';
export const DEFAULT_CELL = '\\D';

const VALUE_PREVIEW_CHARS = 60;

/** A refusal that shows the value, cut. */
export function refuse(reason: string, value: unknown): Refusal {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const preview = text.length > VALUE_PREVIEW_CHARS ? `${text.slice(0, VALUE_PREVIEW_CHARS)}…` : text;
  return { reason: `${reason}, value '${preview}'` };
}

const SPECIAL = /[\0\t\n\r\\\ud800-\udfff]/;
const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Escapes text for COPY; refuses what Postgres text cannot hold. */
export function escapeText(text: string): Cell {
  if (!SPECIAL.test(text)) return text;
  if (text.includes('\0')) return { reason: 'the text contains a NUL character, which no column can hold' };
  if (LONE_SURROGATE.test(text))
    return { reason: 'the text contains half of a surrogate pair, which is not a character' };
  return text.replace(/[\t\n\r\\]/g, (char) => ESCAPES[char] ?? char);
}
