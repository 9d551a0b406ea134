/**
 * The one place where names become SQL. A name given by a person passes `parseTableName`; every name that
 * goes into a statement passes `quoteIdentifier`. Values never come here: they are parameters.
 */
import { AirtempoError } from '../core/errors.js';

/** A table as a person names it: `staging_events` or `public.staging_events`. */
export interface TableName {
  readonly schema?: string;
  readonly table: string;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * Parses `table` or `schema.table`. Names are folded to lower case, as both engines fold unquoted names.
 * Throws INVALID_OPTION for anything else.
 */
export function parseTableName(name: string): TableName {
  const parts = name.split('.');
  const [first, second] = parts;
  if (first === undefined || parts.length > 2 || !parts.every((part) => PLAIN_NAME.test(part))) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${JSON.stringify(name)} is not a table name. Write "table" or "schema.table" with letters, digits and _ (at most 63 each).`,
    );
  }
  return second === undefined
    ? { table: first.toLowerCase() }
    : { schema: first.toLowerCase(), table: second.toLowerCase() };
}

/** Quotes one identifier, exactly as it is spelled. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a table name for a statement: `"public"."staging_events"`. */
export function quoteTable(name: TableName | string): string {
  const { schema, table } = typeof name === 'string' ? parseTableName(name) : name;
  return schema === undefined
    ? quoteIdentifier(table)
    : `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}
