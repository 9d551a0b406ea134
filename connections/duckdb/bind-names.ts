/** Named parameters: `:name`, as in every SQL file of this package, becomes DuckDB's `$name`. */
import { AirtempoError } from '../../core/errors.js';
import { lexSql } from '../sql/lexer.js';
import type { SqlValue } from '../sql/statement.js';

export interface BoundSql {
  readonly text: string;
  /** Those that the text uses. */
  readonly values: Readonly<Record<string, SqlValue>>;
}

/** Puts DuckDB's placeholders in place of `:name`. Values that the text does not use are left out. Throws INVALID_SQL_FILE. */
export function bindNames(sql: string, given: Readonly<Record<string, SqlValue>>): BoundSql {
  const lexed = lexSql(sql);
  if (!lexed.ok) {
    const { what, line } = lexed.unterminated;
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `The ${what} that starts in line ${line} never ends. Close it.`,
    );
  }
  const values: Record<string, SqlValue> = {};
  const text = lexed.pieces.map((piece) => {
    if (piece.kind !== 'parameter') return piece.text;
    const name = piece.text.slice(1);
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      const names = Object.keys(given);
      throw new AirtempoError(
        'INVALID_SQL_FILE',
        `Line ${piece.line}: no value for parameter :${name} (given: ${names.length === 0 ? 'none' : names.join(', ')}).`,
      );
    }
    values[name] = value;
    return `$${name}`;
  });
  return { text: text.join(''), values };
}
