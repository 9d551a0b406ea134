/**
 * JSON records of a written schema in DuckDB. Clean files are read with their types at DuckDB's full speed. When that fails,
 * every value is read as text and converted one by one, so that a record that is no JSON, or has a value of another type, is
 * set apart with its text while all others are taken.
 */
import { AirtempoError } from '../../core/errors.js';
import { quoteName, quoteText, type DuckDb } from './duckdb.js';

export interface RawSchema {
  /** Key → DuckDB's type: VARCHAR or a number. */
  readonly types: Readonly<Record<string, string>>;
  /** The key that a record cannot do without. */
  readonly required: string;
  /** What sets a record apart although each of its values has its type. */
  readonly rules?: readonly { readonly when: string; readonly problem: string }[] | undefined;
}

/** Longer records are bad. DuckDB's own limit for JSON. */
const LONGEST_RECORD_BYTES = 16 * 2 ** 20;

const listOf = (files: readonly string[]): string => `[${files.map(quoteText).join(', ')}]`;

function readJson(
  files: readonly string[],
  types: readonly (readonly [string, string])[],
  more: string,
): string {
  const columns = types.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(', ');
  return `read_json(${listOf(files)}, format = 'newline_delimited', columns = {${columns}}, maximum_object_size = ${String(LONGEST_RECORD_BYTES)}${more})`;
}

/** A SELECT of the records with their types; it fails at the first bad one. */
export function selectClean(files: readonly string[], schema: RawSchema): string {
  const source = readJson(files, Object.entries(schema.types), '');
  return `SELECT * FROM ${source} WHERE CASE WHEN ${rulesOf(schema)
    .map(({ when }) => when)
    .join(' OR ')} THEN error('${BAD_RECORD}') ELSE TRUE END`;
}

/** What the clean SELECT fails with; DuckDB's own errors have other words. */
const BAD_RECORD = 'a record breaks a rule';

function rulesOf({ required, rules = [] }: RawSchema): NonNullable<RawSchema['rules']> {
  return [{ when: `${quoteName(required)} IS NULL`, problem: `no ${required}` }, ...rules];
}

/** Whether selectClean has failed because of the data: then selectCareful can read it. */
export function isBadRecord(error: unknown): boolean {
  return (
    error instanceof AirtempoError &&
    error.code === 'SQL_FAILED' &&
    /Malformed JSON|Invalid Input Error|Conversion Error|JSON transform error/i.test(error.message)
  );
}

/** What is wrong with a record all of whose values are text, or NULL. */
function problemOf(schema: RawSchema): string {
  const numbers = Object.entries(schema.types).filter(([, type]) => type !== 'VARCHAR');
  const checks = numbers.map(([key, type]) => {
    const name = quoteName(key);
    return `WHEN ${name} IS NOT NULL AND TRY_CAST(${name} AS ${type}) IS NULL THEN '${key} is no ${type}'`;
  });
  const rules = rulesOf(schema).map(({ when, problem }) => `WHEN ${when} THEN ${quoteText(problem)}`);
  return `CASE ${[...checks, ...rules].join(' ')} END`;
}

function convert({ types }: RawSchema): string {
  return Object.entries(types)
    .map(([key, type]) => `TRY_CAST(${quoteName(key)} AS ${type}) AS ${quoteName(key)}`)
    .join(', ');
}

/**
 * A SELECT of each line by itself: file, line, its keys as texts, and its problem, NULL when it has none. DuckDB's reader of JSON
 * would do with `ignore_errors`, but for a good line after one that is cut off behind a colon, which it drops too.
 */
function judgeLines(files: readonly string[], schema: RawSchema): string {
  const keys = Object.keys(schema.types);
  const structure = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 'VARCHAR'])));
  const lines =
    `read_csv(${listOf(files)}, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false, ` +
    `auto_detect = false, strict_mode = false, filename = true, max_line_size = ${String(LONGEST_RECORD_BYTES)})`;
  return `
    WITH
      lines AS (SELECT filename AS file, line FROM ${lines} WHERE TRIM(COALESCE(line, '')) <> ''),
      objects AS (
        SELECT file, line, json_transform(
          CASE WHEN json_valid(line) AND json_type(line) = 'OBJECT' THEN line END, ${quoteText(structure)}) AS object
        FROM lines
      ),
      fields AS (SELECT file, line, object, ${keys.map((key) => `object.${quoteName(key)}`).join(', ')} FROM objects)
    SELECT *, CASE WHEN object IS NULL THEN 'not a JSON object' ELSE ${problemOf(schema)} END AS problem FROM fields`;
}

/** A SELECT of the good records alone; slower, and it does not fail. */
export function selectCareful(files: readonly string[], schema: RawSchema): string {
  return `SELECT ${convert(schema)} FROM (${judgeLines(files, schema)}) WHERE problem IS NULL`;
}

/** Adds the bad records to the table `table` (file, problem, record), and tells how many they are. */
export function keepBadRecords(
  db: DuckDb,
  files: readonly string[],
  schema: RawSchema,
  table: string,
): Promise<number> {
  return db.run(
    `INSERT INTO ${table} SELECT file, problem, line FROM (${judgeLines(files, schema)}) WHERE problem IS NOT NULL`,
  );
}
