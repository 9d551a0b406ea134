/**
 * A list of statements as the Data API takes it. Its parameters are named and are texts; it has none for NULL and for ''.
 * So text travels as a parameter, and every other value is written into the statement, here and nowhere else.
 */
import { AirtempoError } from '../../core/errors.js';
import type { SqlPart, SqlStatement, SqlValue } from '../sql/statement.js';

/** What one call carries. */
export interface DataRequest {
  readonly sqls: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** The service's own limits. */
export const MAX_STATEMENTS = 40;
const MAX_STATEMENT_BYTES = 100 * 1024;

/** A value that no parameter can carry, as SQL text. Negative numbers are in brackets: `a - :b` must not become `a --1`. */
function writeLiteral(value: Exclude<SqlValue, string>): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (!Number.isFinite(value)) return `CAST('${String(value)}' AS DOUBLE PRECISION)`;
  return value < 0 ? `(${String(value)})` : String(value);
}

/** The names of a request's parameters: its statements share them, so one name must not mean two values. */
class Parameters {
  readonly #values = new Map<string, string>();

  /** The name under which the value travels. */
  add(name: string, value: string): string {
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? name : `${name}_${String(number)}`;
      const taken = this.#values.get(candidate);
      if (taken === undefined) this.#values.set(candidate, value);
      if (taken === undefined || taken === value) return candidate;
    }
  }

  get list(): DataRequest['parameters'] {
    return [...this.#values].map(([name, value]) => ({ name, value }));
  }
}

function writePart(part: SqlPart, parameters: Parameters): string {
  if (typeof part === 'string') return part;
  if ('secret' in part) return part.secret;
  if (typeof part.value !== 'string') return writeLiteral(part.value);
  return part.value === '' ? `''` : `:${parameters.add(part.name, part.value)}`;
}

/**
 * The request for these statements.
 * @throws AirtempoError INVALID_SQL_FILE when one call cannot carry them
 */
export function createDataRequest(statements: readonly SqlStatement[]): DataRequest {
  if (statements.length > MAX_STATEMENTS) {
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `${String(statements.length)} statements are to run in one transaction, and the Data API takes ${String(MAX_STATEMENTS)} at most. ` +
        `Split the task, join statements, or use the wire protocol (remove extra.driver).`,
    );
  }
  const parameters = new Parameters();
  const sqls = statements.map(({ place, parts }) => {
    const sql = parts.map((part) => writePart(part, parameters)).join('');
    const bytes = Buffer.byteLength(sql);
    if (bytes <= MAX_STATEMENT_BYTES) return sql;
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `${place}: the statement has ${String(bytes)} bytes, and the Data API takes ${String(MAX_STATEMENT_BYTES)} at most. Shorten it.`,
    );
  });
  return { sqls, parameters: parameters.list };
}
