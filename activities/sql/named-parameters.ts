/** Named parameters: `:name` in a statement becomes a part of its own that holds the value. */
import { AirtempoError } from '../../core/errors.js';
import {
  parametersOf,
  type SqlPart,
  type SqlStatement,
  type SqlValue,
} from '../../connections/sql/statement.js';
import type { SqlPiece } from '../../connections/sql/lexer.js';

export type SqlParameter = SqlValue;
export type SqlParameters = Readonly<Record<string, SqlParameter>>;

function bind(piece: SqlPiece, parameters: SqlParameters, place: string): SqlPart {
  const name = piece.text.slice(1);
  if (!Object.hasOwn(parameters, name)) {
    const given = Object.keys(parameters);
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `${place}, line ${piece.line}: no value for parameter :${name}. Add it to the task's parameters ` +
        `(given: ${given.length === 0 ? 'none' : given.join(', ')}).`,
    );
  }
  return { name, value: parameters[name] ?? null };
}

/**
 * Puts values in place of the named parameters.
 * @throws AirtempoError INVALID_SQL_FILE for a name without a value, or a hand-written `$1`
 */
export function bindParameters(
  pieces: readonly SqlPiece[],
  parameters: SqlParameters,
  place: string,
): readonly SqlPart[] {
  return pieces.map((piece) => {
    if (piece.kind === 'positional') {
      throw new AirtempoError(
        'INVALID_SQL_FILE',
        `${place}, line ${piece.line}: positional parameter ${piece.text}. Name it instead, e.g. :interval_start.`,
      );
    }
    return piece.kind === 'parameter' ? bind(piece, parameters, place) : piece.text;
  });
}

/**
 * Refuses parameters that no statement uses: most often a misspelt name.
 * @throws AirtempoError INVALID_SQL_FILE
 */
export function refuseUnusedParameters(statements: readonly SqlStatement[], parameters: SqlParameters): void {
  const used = new Set(statements.flatMap((statement) => Object.keys(parametersOf(statement))));
  const unused = Object.keys(parameters).filter((name) => !used.has(name));
  if (unused.length === 0) return;
  throw new AirtempoError(
    'INVALID_SQL_FILE',
    `No statement uses ${unused.map((name) => `:${name}`).join(', ')} ` +
      `(looked in ${statements.map(({ place }) => place).join(', ')}). Remove it from the task's parameters, ` +
      `or correct the name.`,
  );
}
