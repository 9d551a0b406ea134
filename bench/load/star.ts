/** The set-based statements that both sides run after the load: those of the shipped DAGs. */
import { readSqlFile } from '../../activities/sql/sql-folder.js';
import { prepareStatement } from '../../activities/sql/statement.js';
import { type SqlStatement, toPositional } from '../../connections/sql/statement.js';
import { ALL_TIME, loadFiles, SCHEMA_FILES } from '../../dags/star-schema.js';

const TABLES = ['songplays', 'users', 'songs', 'artists', 'time'] as const;

async function prepare(files: readonly string[]): Promise<readonly SqlStatement[]> {
  const sources = await Promise.all(files.map(readSqlFile));
  return sources.map((source) => prepareStatement(source, 'postgres', { ...ALL_TIME }));
}

/** Creates the tables. */
export function schemaStatements(): Promise<readonly SqlStatement[]> {
  return prepare(SCHEMA_FILES);
}

/** One list of statements for each table of the star: a transaction each. */
export function starTransactions(): Promise<readonly (readonly SqlStatement[])[]> {
  return Promise.all(TABLES.map((table) => prepare(loadFiles(table))));
}

/** The statement with its values written into it, for psql. */
export function renderLiteral(statement: SqlStatement): string {
  const { text, values } = toPositional(statement);
  return text.replace(/\$(\d+)/g, (_match, index: string) => {
    const value = values[Number(index) - 1];
    return value === null || value === undefined ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`;
  });
}
