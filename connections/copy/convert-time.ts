/**
 * Dates and times as Redshift's COPY takes them: ISO 8601 text, or seconds or milliseconds since 1970. All is UTC:
 * a time with another offset is moved, one without an offset is taken as it is. Redshift's 'auto' knows more
 * spellings (month names, day first); those are refused here, never guessed.
 */
import { type Cell, type CellConverter, type ConvertOptions, NULL_CELL, refuse } from './cell.js';

const ISO =
  /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const WHOLE_NUMBER = /^[+-]?\d{1,16}(?:\.0*)?$/;
const MS_PER_DAY = 86_400_000;
/** 0001-01-01 and the end of 9999: what every tool that reads the table can show. */
const MIN_MS = Date.parse('0001-01-01T00:00:00Z');
const MAX_MS = Date.parse('9999-12-31T23:59:59.999Z');

interface Moment {
  /** Milliseconds since 1970 of the whole second. */
  readonly ms: number;
  /** Digits after the second, at most 6, maybe none. */
  readonly fraction: string;
}

function parseOffsetMinutes(offset: string | undefined): number {
  if (offset === undefined || /^[zu]/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', '') || 0);
  return offset.startsWith('-') ? -minutes : minutes;
}

/** Parses ISO text; undefined when it is not a real date. */
function parseIso(text: string): Moment | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [match[1], match[3] ?? match[5], match[4] ?? match[6]].map(Number);
  const [hour, minute, second] = [match[7], match[8], match[9]].map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  const exists =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || year < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = date.getTime() + ((hour * 60 + minute - parseOffsetMinutes(match[11])) * 60 + second) * 1000;
  // An offset may move a time over the edge.
  return ms < MIN_MS || ms > MAX_MS ? undefined : { ms, fraction: (match[10] ?? '').slice(0, 6) };
}

let cachedDay = Number.NaN;
let cachedDate = '';

/** `2018-11-02` for a day number. Rows of one file mostly share a few days, hence the memory of one. */
function formatDay(day: number): string {
  if (day !== cachedDay) {
    cachedDay = day;
    cachedDate = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
  }
  return cachedDate;
}

function pad2(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function formatSecond(ms: number): string {
  const day = Math.floor(ms / MS_PER_DAY);
  const seconds = Math.floor((ms - day * MS_PER_DAY) / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${formatDay(day)} ${pad2(Math.floor(minutes / 60))}:${pad2(minutes % 60)}:${pad2(seconds % 60)}`;
}

function formatEpoch(ms: number, suffix: string): string {
  const rest = ((ms % 1000) + 1000) % 1000;
  const fraction = rest === 0 ? '' : `.${rest < 100 ? '0' : ''}${rest < 10 ? '0' : ''}${rest}`;
  return `${formatSecond(ms)}${fraction}${suffix}`;
}

function createEpochConverter(unitMs: number, name: string, suffix: string): CellConverter {
  const convert = (count: number, source: unknown): Cell => {
    const ms = count * unitMs;
    if (!Number.isInteger(count)) return refuse(`not whole ${name}`, source);
    return ms < MIN_MS || ms > MAX_MS
      ? refuse('outside the years 1 to 9999', source)
      : formatEpoch(ms, suffix);
  };
  return (value) => {
    if (typeof value === 'number') return convert(value, value);
    if (value === null) return NULL_CELL;
    if (typeof value !== 'string') return refuse(`not a number of ${name}`, value);
    const text = value.trim();
    if (text === '') return NULL_CELL;
    return WHOLE_NUMBER.test(text) ? convert(Number(text), value) : refuse(`not a number of ${name}`, value);
  };
}

function createIsoConverter(format: (moment: Moment) => string, expected: string): CellConverter {
  return (value) => {
    if (value === null) return NULL_CELL;
    if (typeof value === 'number') {
      return refuse(
        `a number where ${expected} belongs (timeFormat epochsecs or epochmillisecs reads numbers)`,
        value,
      );
    }
    if (typeof value !== 'string') return refuse(`not ${expected}`, value);
    const text = value.trim();
    if (text === '') return NULL_CELL;
    const moment = parseIso(text);
    return moment === undefined ? refuse(`not ${expected}`, value) : format(moment);
  };
}

/** Converter for TIMESTAMP and, with `zoned`, TIMESTAMPTZ. */
export function createTimestampConverter(zoned: boolean, { timeFormat }: ConvertOptions): CellConverter {
  const suffix = zoned ? '+00' : '';
  switch (timeFormat) {
    case 'epochmillisecs':
      return createEpochConverter(1, 'milliseconds since 1970', suffix);
    case 'epochsecs':
      return createEpochConverter(1000, 'seconds since 1970', suffix);
    case 'auto':
      return createIsoConverter(
        ({ ms, fraction }) => `${formatSecond(ms)}${fraction === '' ? '' : `.${fraction}`}${suffix}`,
        'a date and time such as 2018-11-02 01:25:34.796',
      );
  }
}

/** Converter for DATE. The time format does not concern it, as on Redshift. */
export function createDateConverter(): CellConverter {
  return createIsoConverter(({ ms }) => formatDay(Math.floor(ms / MS_PER_DAY)), 'a date such as 2018-11-02');
}
