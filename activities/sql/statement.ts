/**
 * From a SQL text to one statement that the driver takes: dialect tokens resolved, parameters bound.
 * Opens no connection.
 */
import { AirtempoError } from '../../core/errors.js';
import { type SqlPiece, lexSql } from '../../connections/sql/lexer.js';
import { type BoundStatement, type SqlParameters, bindParameters } from './named-parameters.js';
import type { SqlDialect } from '../../connections/postgres.js';
import { renderDialect } from './render.js';
import type { SqlSource } from './sql-folder.js';

/** A statement ready to run, with the name that errors call it by. */
export interface Statement extends BoundStatement {
  readonly place: string;
}

function isBlank(piece: SqlPiece): boolean {
  return piece.kind === 'comment' || piece.text.trim() === '';
}

function lexOrThrow({ place, sql }: SqlSource): readonly SqlPiece[] {
  const lexed = lexSql(sql);
  if (lexed.ok) return lexed.pieces;
  const { what, line } = lexed.unterminated;
  throw new AirtempoError(
    'INVALID_SQL_FILE',
    `${place}, line ${line}: this ${what} is never closed. Close it.`,
  );
}

/** Drops the closing semicolon, and refuses a text of none or of several statements. */
function onlyStatement(pieces: readonly SqlPiece[], place: string): readonly SqlPiece[] {
  const end = pieces.findIndex(({ kind }) => kind === 'semicolon');
  const statement = end === -1 ? pieces : pieces.slice(0, end);
  const rest = end === -1 ? [] : pieces.slice(end + 1);
  if (statement.every(isBlank)) {
    throw new AirtempoError('INVALID_SQL_FILE', `${place}, line 1: there is no statement. Write one.`);
  }
  const second = rest.find((piece) => !isBlank(piece));
  if (second !== undefined) {
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `${place}, line ${second.line}: a second statement begins. Put it into a file of its own; ` +
        `a task runs all its files in one transaction.`,
    );
  }
  return statement;
}

/**
 * Comments stay in the file: the server's query log and our error messages show only the first characters of
 * a statement.
 */
function withoutComments(pieces: readonly SqlPiece[]): readonly SqlPiece[] {
  return pieces.map((piece) => (piece.kind === 'comment' ? { ...piece, text: ' ' } : piece));
}

/**
 * The statement of a SQL text as a person reads it: for one dialect, with its comments and named parameters.
 * @throws AirtempoError INVALID_SQL_FILE naming the file and the line
 */
export function renderStatement(source: SqlSource, dialect: SqlDialect): string {
  const pieces = onlyStatement(lexOrThrow(source), source.place);
  return renderDialect(pieces, dialect, source.place)
    .map(({ text }) => text)
    .join('')
    .trim();
}

/**
 * Prepares the one statement of a SQL text.
 * @throws AirtempoError INVALID_SQL_FILE naming the file and the line
 */
export function prepareStatement(
  source: SqlSource,
  dialect: SqlDialect,
  parameters: SqlParameters = {},
): Statement {
  const pieces = onlyStatement(lexOrThrow(source), source.place);
  const rendered = renderDialect(withoutComments(pieces), dialect, source.place);
  const bound = bindParameters(rendered, parameters, source.place);
  return { ...bound, text: bound.text.trim(), place: source.place };
}
