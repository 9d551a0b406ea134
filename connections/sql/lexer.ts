/**
 * Cuts SQL text into pieces, so that parameters and dialect tokens are found in code only, never inside
 * strings, quoted identifiers or comments. It knows how Postgres and Redshift delimit text, and nothing of
 * grammar: whether the statement makes sense is for the database to say.
 */

/** What a piece is. `text` covers code without a meaning of its own here. */
export type SqlPieceKind =
  'text' | 'word' | 'string' | 'identifier' | 'comment' | 'parameter' | 'positional' | 'token' | 'semicolon';

export interface SqlPiece {
  readonly kind: SqlPieceKind;
  /** The piece as written; the pieces of a text add up to it. */
  readonly text: string;
  /** The line it starts on, from 1. */
  readonly line: number;
}

/** Text that starts like this and never ends. */
export interface UnterminatedPiece {
  readonly what: 'string' | 'quoted identifier' | 'comment' | 'dollar-quoted string';
  readonly line: number;
}

export type LexedSql =
  | { readonly ok: true; readonly pieces: readonly SqlPiece[] }
  | { readonly ok: false; readonly unterminated: UnterminatedPiece };

interface Rule {
  readonly kind: SqlPieceKind;
  /** Sticky: matches at the position only. */
  readonly pattern: RegExp;
}

/**
 * In order: the first that matches wins. Words are taken whole, so that `E'…'` is told from a word before a
 * string and `a$1` from a positional parameter; `::` is taken before `:name`.
 */
const RULES: readonly Rule[] = [
  { kind: 'comment', pattern: /--[^\n]*/y },
  { kind: 'string', pattern: /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y },
  { kind: 'string', pattern: /'(?:[^']|'')*'/y },
  { kind: 'identifier', pattern: /"(?:[^"]|"")*"/y },
  { kind: 'string', pattern: /\$([A-Za-z_][A-Za-z0-9_]*)?\$[\s\S]*?\$\1\$/y },
  { kind: 'positional', pattern: /\$[0-9]+/y },
  { kind: 'token', pattern: /\{\{\s*[^{}\n]*?\s*\}\}/y },
  { kind: 'text', pattern: /::|:=/y },
  { kind: 'parameter', pattern: /:[A-Za-z_][A-Za-z0-9_]*/y },
  { kind: 'word', pattern: /(?![eE]')[\p{L}_][\p{L}\p{N}_$]*/uy },
  { kind: 'semicolon', pattern: /;/y },
  // a number with its letters and point, so that 1e5 or 0x1F is not read as a word
  { kind: 'text', pattern: /[0-9][\p{L}\p{N}_.]*|\s+/uy },
];

const OPENERS: readonly { readonly what: UnterminatedPiece['what']; readonly pattern: RegExp }[] = [
  { what: 'string', pattern: /[eE]?'/y },
  { what: 'quoted identifier', pattern: /"/y },
  { what: 'dollar-quoted string', pattern: /\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/y },
];

function matchAt(pattern: RegExp, sql: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(sql)?.[0];
}

/** The block comment at `position`; comments nest. `undefined` when it never ends. */
function blockComment(sql: string, position: number): string | undefined {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = position;
  let depth = 0;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return sql.slice(position, marks.lastIndex);
  }
  return undefined;
}

function pieceAt(sql: string, position: number, line: number): SqlPiece | UnterminatedPiece {
  if (sql.startsWith('/*', position)) {
    const comment = blockComment(sql, position);
    return comment === undefined ? { what: 'comment', line } : { kind: 'comment', text: comment, line };
  }
  for (const { kind, pattern } of RULES) {
    const text = matchAt(pattern, sql, position);
    if (text !== undefined) return { kind, text, line };
  }
  const opener = OPENERS.find(({ pattern }) => matchAt(pattern, sql, position) !== undefined);
  if (opener !== undefined) return { what: opener.what, line };
  return { kind: 'text', text: String.fromCodePoint(sql.codePointAt(position) ?? 0), line };
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

/** Cuts `sql` into pieces that add up to it, or says what is never closed and where it starts. */
export function lexSql(sql: string): LexedSql {
  const pieces: SqlPiece[] = [];
  let line = 1;
  for (let position = 0; position < sql.length;) {
    const piece = pieceAt(sql, position, line);
    if ('what' in piece) return { ok: false, unterminated: piece };
    pieces.push(piece);
    position += piece.text.length;
    line += countLines(piece.text);
  }
  return { ok: true, pieces };
}
