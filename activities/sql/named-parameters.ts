/**
 * Named parameters: `:name` in a statement becomes the driver's `$1`, and its value travels beside the text.
 * Values are never pasted into SQL.
 */
import { AirtempoError } from '../../core/errors.js';
import type { SqlPiece } from '../../connections/sql/lexer.js';

export type SqlParameter = string | number | boolean | null;
export type SqlParameters = Readonly<Record<string, SqlParameter>>;

/** A statement as the driver takes it. */
export interface BoundStatement {
  readonly text: string;
  readonly values: readonly SqlParameter[];
  /** The names in the order of `values`. */
  readonly names: readonly string[];
}

function placeholder(piece: SqlPiece, names: string[], parameters: SqlParameters, place: string): string {
  const name = piece.text.slice(1);
  if (!Object.hasOwn(parameters, name)) {
    const given = Object.keys(parameters);
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `${place}, line ${piece.line}: no value for parameter :${name}. Add it to the task's parameters ` +
        `(given: ${given.length === 0 ? 'none' : given.join(', ')}).`,
    );
  }
  if (!names.includes(name)) names.push(name);
  return `$${names.indexOf(name) + 1}`;
}

/**
 * Puts `$1`, `$2` … in place of the named parameters; a name used twice is one placeholder.
 * @throws AirtempoError INVALID_SQL_FILE for a name without a value, or a hand-written `$1`
 */
export function bindParameters(
  pieces: readonly SqlPiece[],
  parameters: SqlParameters,
  place: string,
): BoundStatement {
  const names: string[] = [];
  const texts = pieces.map((piece) => {
    if (piece.kind === 'positional') {
      throw new AirtempoError(
        'INVALID_SQL_FILE',
        `${place}, line ${piece.line}: positional parameter ${piece.text}. Name it instead, e.g. :interval_start.`,
      );
    }
    return piece.kind === 'parameter' ? placeholder(piece, names, parameters, place) : piece.text;
  });
  return { text: texts.join(''), names, values: names.map((name) => parameters[name] ?? null) };
}

/**
 * Refuses parameters that no statement uses: most often a misspelt name.
 * @throws AirtempoError INVALID_SQL_FILE
 */
export function refuseUnusedParameters(
  statements: readonly (BoundStatement & { readonly place: string })[],
  parameters: SqlParameters,
): void {
  const used = new Set(statements.flatMap(({ names }) => names));
  const unused = Object.keys(parameters).filter((name) => !used.has(name));
  if (unused.length === 0) return;
  throw new AirtempoError(
    'INVALID_SQL_FILE',
    `No statement uses ${unused.map((name) => `:${name}`).join(', ')} ` +
      `(looked in ${statements.map(({ place }) => place).join(', ')}). Remove it from the task's parameters, ` +
      `or correct the name.`,
  );
}
