/**
 * Dialect tokens: the few words on which Postgres and Redshift differ, written `{{name}}` in a statement.
 * Everything else in sql/ is the same text for both. Not a template language: tokens take no arguments.
 */
import type { SqlDialect } from '../../connections/sql/client.js';
import { AirtempoError } from '../../core/errors.js';
import type { SqlPiece } from '../../connections/sql/lexer.js';

/** What each token stands for. */
export const DIALECT_TOKENS = {
  /** Follows CREATE TABLE (…). */
  ddl_suffix: { postgres: '', redshift: 'DISTSTYLE AUTO SORTKEY AUTO' },
  /** Follows LOCK TABLE t. Redshift knows one mode only; Postgres' default would also stop the readers. */
  lock_mode: { postgres: 'IN SHARE ROW EXCLUSIVE MODE', redshift: '' },
  /** Serializes the creation of tables within a transaction; Redshift has no advisory locks. */
  schema_lock: { postgres: "pg_advisory_xact_lock(hashtext('airtempo:create-tables'))", redshift: '1' },
} as const satisfies Record<string, Record<SqlDialect, string>>;

function isTokenName(name: string): name is keyof typeof DIALECT_TOKENS {
  return Object.hasOwn(DIALECT_TOKENS, name);
}

/**
 * Replaces each dialect token by its text. `place` names the statement in errors.
 * @throws AirtempoError INVALID_SQL_FILE for an unknown token
 */
export function renderDialect(
  pieces: readonly SqlPiece[],
  dialect: SqlDialect,
  place: string,
): readonly SqlPiece[] {
  return pieces.map((piece) => {
    if (piece.kind !== 'token') return piece;
    const name = piece.text.slice(2, -2).trim();
    if (!isTokenName(name)) {
      throw new AirtempoError(
        'INVALID_SQL_FILE',
        `${place}, line ${piece.line}: unknown dialect token ${piece.text}. ` +
          `Use one of ${Object.keys(DIALECT_TOKENS).join(', ')}, or a :parameter for a value.`,
      );
    }
    return { kind: 'text', text: DIALECT_TOKENS[name][dialect], line: piece.line };
  });
}
