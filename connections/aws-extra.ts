/** Reads `extra` of a connection to AWS, whose fields come from Airflow in several spellings. Pure. */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';

/** Text of `extra` under the first of these names that is set. */
export function readAwsExtra(connection: Connection, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = connection.extra[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string') return value;
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": extra.${name} must be text.`,
    );
  }
  return undefined;
}

/** An object in `extra`, also one written as JSON in a text, as a connection URI must; {} when it is not set. */
export function readAwsExtraObject(connection: Connection, name: string): Readonly<Record<string, unknown>> {
  const value = connection.extra[name];
  if (value === undefined || value === null || value === '') return {};
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (isObject(parsed)) return parsed;
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${connection.id}": extra.${name} must be an object of names and values.`,
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
