/** From the SQL that a client sends to what runs on Postgres; refuses what Redshift would refuse. Opens no connection. */
import { findRefusedByRedshift } from '../../connections/sql/fidelity.js';
import type { SqlPiece } from '../../connections/sql/lexer.js';
import { lexSql } from '../../connections/sql/lexer.js';
import { ServiceError } from '../aws/service-error.js';
import { type CopyStatement, isCopy, parseCopyStatement } from './copy-statement.js';
import { lexStatement, sqlError, StatementReader } from './statement-reader.js';
import { stripTableLayout } from './table-layout.js';

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

export type PreparedStatement =
  | { readonly kind: 'copy'; readonly copy: CopyStatement }
  | { readonly kind: 'sql'; readonly text: string; readonly values: readonly string[] };

/** They commit, or refuse to run, inside a transaction; alone they do no harm. */
const ONLY_ALONE = new Set(['TRUNCATE', 'VACUUM']);
const TRANSACTION_WORDS = new Set(['BEGIN', 'START', 'COMMIT', 'END', 'ROLLBACK', 'ABORT']);

/** Checks at submission that every parameter has a value and a use. @throws ServiceError ValidationException */
export function checkParameters(sqls: readonly string[], parameters: readonly Parameter[]): void {
  const given = parameters.map(({ name }) => name);
  const twice = given.find((name, index) => given.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ServiceError('ValidationException', `Parameter ${twice} is given more than once.`);
  const used = new Set(sqls.flatMap(findParameterNames));
  const unused = given.filter((name) => !used.has(name));
  const missing = [...used].filter((name) => !given.includes(name));
  const problem = missing.length > 0 ? 'have no value' : 'are not used in the SQL';
  const names = missing.length > 0 ? missing : unused;
  if (names.length > 0)
    throw new ServiceError('ValidationException', `Parameters [${names.join(', ')}] ${problem}.`);
}

function findParameterNames(sql: string): readonly string[] {
  const lexed = lexSql(sql);
  // Text that never ends is refused when it runs.
  if (!lexed.ok) return [];
  return lexed.pieces.filter(({ kind }) => kind === 'parameter').map(({ text }) => text.slice(1));
}

/** Prepares one statement; `alone` when no other shares its transaction. @throws AirtempoError SQL_FAILED */
export function prepareStatement(
  sql: string,
  parameters: readonly Parameter[],
  alone: boolean,
): PreparedStatement {
  const pieces = lexStatement(sql);
  const reader = new StatementReader(pieces);
  if (reader.done) throw sqlError('there is no statement');
  if (isCopy(pieces)) return { kind: 'copy', copy: parseCopyStatement(pieces) };
  if (TRANSACTION_WORDS.has(reader.peekWord())) {
    throw sqlError(
      `${reader.peekWord()} is not supported by Postgres standing in for Redshift: a call is a transaction already.`,
    );
  }
  refuseForeign(pieces, alone);
  return { kind: 'sql', ...bind(stripTableLayout(pieces), parameters) };
}

function refuseForeign(pieces: readonly SqlPiece[], alone: boolean): void {
  const sql = pieces.map(({ text }) => text).join('');
  const refused = findRefusedByRedshift(sql).find(({ name }) => !(alone && ONLY_ALONE.has(name)));
  if (refused !== undefined) throw sqlError(`${refused.name}: ${refused.why}`);
}

function bind(
  pieces: readonly SqlPiece[],
  parameters: readonly Parameter[],
): { readonly text: string; readonly values: readonly string[] } {
  const names: string[] = [];
  const texts = pieces.map(({ kind, text }) => {
    if (kind === 'positional') throw sqlError(`there is no parameter ${text}`);
    if (kind !== 'parameter') return text;
    const name = text.slice(1);
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  const values = new Map(parameters.map(({ name, value }) => [name, value]));
  return { text: texts.join('').trim(), values: names.map((name) => values.get(name) ?? '') };
}
