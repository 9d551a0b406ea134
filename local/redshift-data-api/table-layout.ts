/**
 * Takes out of CREATE TABLE what only Redshift knows and what changes no result: DISTSTYLE, DISTKEY, SORTKEY, ENCODE and
 * BACKUP. Clauses are read by their grammar, so that a misspelt one reaches Postgres and is refused there.
 */
import type { SqlPiece } from '../../connections/sql/lexer.js';
import { isCode } from './statement-reader.js';

const isWord = (piece: SqlPiece | undefined, ...words: readonly string[]): boolean =>
  piece?.kind === 'word' && words.includes(piece.text.toUpperCase());

/** How many of the tokens from `at` on are a layout clause; 0 when there is none. */
function clauseLength(tokens: readonly SqlPiece[], at: number): number {
  const [first, second] = [tokens[at], tokens[at + 1]];
  if (isWord(first, 'DISTSTYLE')) return isWord(second, 'AUTO', 'EVEN', 'KEY', 'ALL') ? 2 : 0;
  if (isWord(first, 'ENCODE')) return second?.kind === 'word' ? 2 : 0;
  if (isWord(first, 'BACKUP')) return isWord(second, 'YES', 'NO') ? 2 : 0;
  if (isWord(first, 'DISTKEY')) return 1 + listLength(tokens, at + 1);
  if (isWord(first, 'SORTKEY')) return isWord(second, 'AUTO') ? 2 : 1 + listLength(tokens, at + 1);
  if (isWord(first, 'COMPOUND', 'INTERLEAVED') && isWord(second, 'SORTKEY')) {
    const list = listLength(tokens, at + 2);
    return list === 0 ? 0 : 2 + list;
  }
  return 0;
}

/** The length of `(a, b)` at `at`; 0 when there is no list of names. */
function listLength(tokens: readonly SqlPiece[], at: number): number {
  if (tokens[at]?.text !== '(') return 0;
  const end = tokens.findIndex((token, index) => index > at && token.text === ')');
  return end === -1 ? 0 : end - at + 1;
}

/** The statement without layout clauses; any statement but CREATE TABLE as it is. */
export function stripTableLayout(pieces: readonly SqlPiece[]): readonly SqlPiece[] {
  const tokens = pieces.filter(isCode);
  const head = tokens.slice(0, 4).map(({ text }) => text.toUpperCase());
  if (head[0] !== 'CREATE' || !head.includes('TABLE')) return pieces;
  const dropped = new Set<SqlPiece>();
  for (let at = 0; at < tokens.length;) {
    // What follows AS is a query, where these words are names.
    if (isWord(tokens[at], 'AS')) break;
    const length = clauseLength(tokens, at);
    for (const token of tokens.slice(at, at + length)) dropped.add(token);
    at += Math.max(1, length);
  }
  return pieces.filter((piece) => !dropped.has(piece));
}
