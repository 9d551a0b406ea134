/**
 * DuckDB's values as plain JavaScript, which JSON can hold: integers and decimals as numbers (as text where a number would
 * lose digits), DATE as `2018-11-01`, TIMESTAMP as `2018-11-01T20:57:10.796Z`, lists and structs as arrays and objects.
 */
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { JsonValue } from '../../core/json.js';

export type PlainRow = Readonly<Record<string, JsonValue>>;

const MICROS_A_MS = 1000n;

/** NaN and the infinities, which JSON has no number for, become NULL. */
function toPlainValue(value: DuckDBValue): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof DuckDBDecimalValue) {
    return Number.isSafeInteger(Number(value.value)) ? value.toDouble() : value.toString();
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return value.isFinite ? new Date(Number(value.micros / MICROS_A_MS)).toISOString() : value.toString();
  }
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBListValue) return value.items.map(toPlainValue);
  if (value instanceof DuckDBStructValue) return toPlainRow(value.entries);
  return value.toString();
}

/** A row of plain values. */
export function toPlainRow(row: Readonly<Record<string, DuckDBValue>>): PlainRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlainValue(value)]));
}
