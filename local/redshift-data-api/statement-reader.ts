/**
 * Reads the code of one SQL statement token by token: what the small grammars of the stand-in (COPY, table layout) are
 * written with. Comments and white space are gone; nothing of SQL's own grammar is known here.
 */
import { lexSql, type SqlPiece } from '../../connections/sql/lexer.js';
import { AirtempoError } from '../../core/errors.js';

/** A refusal in Redshift's words. */
export function sqlError(message: string): AirtempoError {
  return new AirtempoError('SQL_FAILED', message);
}

/** Cuts the one statement of a text; refuses several, as the service does, and text that never ends. */
export function lexStatement(sql: string): readonly SqlPiece[] {
  const lexed = lexSql(sql);
  if (!lexed.ok) throw sqlError(`unterminated ${lexed.unterminated.what} at line ${lexed.unterminated.line}`);
  const end = lexed.pieces.findIndex(({ kind }) => kind === 'semicolon');
  const statement = end === -1 ? lexed.pieces : lexed.pieces.slice(0, end);
  const rest = end === -1 ? [] : lexed.pieces.slice(end + 1);
  if (rest.some((piece) => isCode(piece) && piece.kind !== 'semicolon')) {
    throw sqlError('cannot insert multiple commands into a prepared statement');
  }
  return statement;
}

/** Whether a piece is neither a comment nor white space. */
export function isCode({ kind, text }: SqlPiece): boolean {
  return kind !== 'comment' && text.trim() !== '';
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f' };

/** The value of a literal. Redshift reads backslashes in any literal as escapes. */
export function readLiteral(text: string): string {
  return text
    .replace(/^[eE]?'|'$/g, '')
    .replace(
      /''|\\([0-7]{1,3})|\\([\s\S])/g,
      (_match, octal: string | undefined, char: string | undefined) => {
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        return char === undefined ? "'" : (ESCAPES[char] ?? char);
      },
    );
}

/** A cursor over the tokens. */
export class StatementReader {
  readonly #tokens: readonly SqlPiece[];
  #at = 0;

  constructor(pieces: readonly SqlPiece[]) {
    this.#tokens = pieces.filter(isCode);
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The word at the cursor in upper case; '' for anything else. */
  peekWord(): string {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? token.text.toUpperCase() : '';
  }

  /** Steps over these words if they are the next ones. */
  takeWords(...words: readonly string[]): boolean {
    const found = words.every((word, index) => {
      const token = this.#tokens[this.#at + index];
      return token?.kind === 'word' && token.text.toUpperCase() === word;
    });
    if (found) this.#at += words.length;
    return found;
  }

  takeSymbol(symbol: string): boolean {
    if (this.#tokens[this.#at]?.text !== symbol) return false;
    this.#at += 1;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  expectWord(word: string): void {
    if (!this.takeWords(word)) throw this.syntaxError();
  }

  /** The value of the literal at the cursor, or undefined when there is none. */
  takeLiteral(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'string') return undefined;
    this.#at += 1;
    return readLiteral(token.text);
  }

  expectLiteral(): string {
    const value = this.takeLiteral();
    if (value === undefined) throw this.syntaxError();
    return value;
  }

  /** The whole number at the cursor, or undefined when there is none. */
  takeNumber(): number | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'text' || !/^\d{1,9}$/.test(token.text)) return undefined;
    this.#at += 1;
    return Number(token.text);
  }

  /** A name: a word in lower case, or a quoted identifier, which Redshift folds to lower case as well. */
  expectName(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' && token?.kind !== 'identifier') throw this.syntaxError();
    this.#at += 1;
    return (token.kind === 'word' ? token.text : token.text.slice(1, -1).replaceAll('""', '"')).toLowerCase();
  }

  /** What the server says of a token that nobody expects. */
  syntaxError(): AirtempoError {
    const token = this.#tokens[this.#at];
    return sqlError(
      token === undefined
        ? 'syntax error at end of input'
        : `syntax error at or near ${JSON.stringify(token.text)}, line ${token.line}`,
    );
  }
}
