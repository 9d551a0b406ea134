/**
 * From a SQL text to one statement that the driver takes: dialect tokens resolved, parameters bound.
 * Opens no connection.
 */
import { AirtempoError } from '../../core/errors.js';
import { type SqlPiece, lexSql } from '../../connections/sql/lexer.js';
import { type SqlParameters, bindParameters } from './named-parameters.js';
import type { SqlDialect } from '../../connections/sql/client.js';
import type { SqlPart, SqlStatement } from '../../connections/sql/statement.js';
import { renderDialect } from './render.js';
import type { SqlSource } from './sql-folder.js';

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
): SqlStatement {
  const pieces = onlyStatement(lexOrThrow(source), source.place);
  const rendered = renderDialect(withoutComments(pieces), dialect, source.place);
  return { place: source.place, parts: trim(bindParameters(rendered, parameters, source.place)) };
}

/** Without the blanks at both ends. */
function trim(parts: readonly SqlPart[]): readonly SqlPart[] {
  const isBlank = (part: SqlPart): boolean => typeof part === 'string' && part.trim() === '';
  const first = parts.findIndex((part) => !isBlank(part));
  return parts.slice(first, parts.findLastIndex((part) => !isBlank(part)) + 1);
}
