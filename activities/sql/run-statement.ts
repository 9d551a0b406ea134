/** Runs one prepared statement and makes its failure name the file it came from. */
import type { SqlResult, SqlSession } from '../../connections/postgres.js';
import { AirtempoError } from '../../core/errors.js';
import type { Statement } from './statement.js';

/** Runs `statement`; a failure keeps its code and its cause, and starts with the statement's place. */
export async function runStatement(session: SqlSession, statement: Statement): Promise<SqlResult> {
  try {
    return await session.query(statement.text, statement.values);
  } catch (error) {
    if (!(error instanceof AirtempoError)) throw error;
    throw new AirtempoError(error.code, `${statement.place}: ${error.message}`, { cause: error });
  }
}
