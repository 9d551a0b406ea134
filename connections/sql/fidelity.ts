/**
 * What a statement may not contain if Postgres and Redshift are to do the same with it. Each engine is kinder than the
 * other somewhere, so a test on one of them does not notice. Looks at words only, outside strings and comments; pure.
 */
import { lexSql } from './lexer.js';

/** Who is the reason: the engine that refuses it, or both, which take it and mean different things. */
export type RefusedBy = 'redshift' | 'postgres' | 'both';

export interface Refusal {
  /** What was found, e.g. `ON CONFLICT`. */
  readonly name: string;
  readonly refusedBy: RefusedBy;
  /** Why not, and where it is not plain, what to write instead. */
  readonly why: string;
}

interface Rule extends Refusal {
  /** Matched against the code in upper case, where a string is `''`. */
  readonly pattern: RegExp;
}

const rules = (
  refusedBy: RefusedBy,
  list: readonly (readonly [name: string, pattern: RegExp, why: string])[],
): readonly Rule[] => list.map(([name, pattern, why]) => ({ name, refusedBy, pattern, why }));

const RULES: readonly Rule[] = [
  ...rules('redshift', [
    ['TRUNCATE', /\bTRUNCATE\b/, 'commits the open transaction on Redshift: write DELETE'],
    ['VACUUM', /\bVACUUM\b/, 'cannot run in a transaction'],
    ['ON CONFLICT', /\bON\s+CONFLICT\b/, 'unknown to Redshift: write DELETE … USING and INSERT'],
    ['RETURNING', /\bRETURNING\b/, 'unknown to Redshift'],
    ['DISTINCT ON', /\bDISTINCT\s+ON\b/, 'unknown to Redshift: write ROW_NUMBER'],
    ['FILTER', /\bFILTER\s*\(/, 'unknown to Redshift: write CASE WHEN'],
    ['LATERAL', /\bLATERAL\b/, 'unknown to Redshift'],
    ['IS DISTINCT FROM', /\bIS\s+(NOT\s+)?DISTINCT\s+FROM\b/, 'unknown to Redshift'],
    ['GENERATE_SERIES', /\bGENERATE_SERIES\b/, 'leader node only on Redshift'],
    ['STRING_AGG', /\b(STRING_AGG|ARRAY_AGG|JSONB?_AGG)\b/, 'unknown to Redshift'],
    ['arrays', /\bARRAY\s*\[|\[\]/, 'unknown to Redshift'],
    [
      'types of Postgres',
      /\b(JSONB|JSON\b(?!\s*(AS\s*)?'')|UUID|(BIG|SMALL)?SERIAL|BYTEA)\b/,
      'unknown to Redshift',
    ],
    ['CHECK or INDEX', /\b(CHECK\s*\(|CREATE\s+(UNIQUE\s+)?INDEX)/, 'unknown to Redshift'],
    ['GENERATED AS IDENTITY', /\bGENERATED\s+\w+(\s+\w+)?\s+AS\b/, 'other syntax on Redshift'],
    [
      'a flat subquery without a name',
      /\)\s*(WHERE|GROUP|ORDER|LIMIT|$)(?<=FROM\s*\(SELECT[^()]*\)\s*\1)/,
      'refused by Redshift',
    ],
  ]),
  ...rules('postgres', [
    ['QUALIFY', /\bQUALIFY\b/, 'unknown to Postgres'],
    ['LISTAGG', /\bLISTAGG\b/, 'unknown to Postgres'],
    ['SUPER', /\bSUPER\b/, 'unknown to Postgres'],
    ['IDENTITY', /\b(IDENTITY\s*\(|AUTOINCREMENT)/, 'not consecutive on Redshift, other syntax on Postgres'],
    ['layout clauses', /\b(DISTKEY|SORTKEY|DISTSTYLE|ENCODE)\b/, 'unknown to Postgres: use a dialect token'],
    [
      'Redshift functions',
      /\b(NVL2?|LEN|DATEADD|DATEDIFF|CONVERT_TIMEZONE|DECODE|ISNULL)\s*\(/,
      'unknown to Postgres',
    ],
  ]),
  ...rules('both', [
    ['TIMESTAMPTZ or INTERVAL', /\b(TIMESTAMPTZ|INTERVAL)\b/, 'differ'],
    ['TEXT', /\bTEXT\b/, 'becomes VARCHAR(256) on Redshift'],
    ['VARCHAR without length', /\b(VARCHAR|CHARACTER VARYING)\b(?!\s*\()/, 'is 256 bytes on Redshift'],
    ['bare NUMERIC', /\b(NUMERIC|DECIMAL)\b(?!\s*\()/, 'is NUMERIC(18,0) on Redshift'],
    ['REFERENCES', /\bREFERENCES\b/, 'enforced by Postgres only'],
    [
      'the clock',
      /\b(NOW\s*\(|CURRENT_(TIMESTAMP|DATE|TIME)|GETDATE|SYSDATE|LOCALTIMESTAMP)/,
      'pass the time as a parameter',
    ],
    ['CONCAT', /\bCONCAT\s*\(/, 'treats NULL differently: use ||'],
    ['RANDOM', /\bRANDOM\s*\(/, 'makes a load differ from its repetition'],
    ['::', /::/, 'write CAST'],
    ['quoted identifiers', /"/, 'Redshift folds them to lower case'],
    ['COPY', /\bCOPY\b/, 'has an operator of its own'],
    ['MERGE', /\bMERGE\b/, 'differs in its source and its column list'],
    ['EXTRACT without CAST', /(?<!CAST\(\s*)EXTRACT\s*\(/, 'is NUMERIC on Postgres and INTEGER on Redshift'],
    ['SELECT *', /SELECT\s+([A-Z_]+\.)?\*/, 'changes with the table'],
  ]),
];

function codeOf(sql: string): string {
  const lexed = lexSql(sql);
  // text that never ends is for the server, or for who prepares the statement, to refuse
  const pieces = lexed.ok ? lexed.pieces : [];
  return pieces
    .filter(({ kind }) => kind !== 'comment' && kind !== 'token')
    .map(({ kind, text }) => (kind === 'string' ? "''" : text))
    .join('')
    .toUpperCase();
}

/** Everything in a statement on which the engines differ: the rules for a file that both run. */
export function findDifferences(sql: string): readonly Refusal[] {
  const code = codeOf(sql);
  return RULES.filter(({ pattern }) => pattern.test(code)).map(({ name, refusedBy, why }) => ({
    name,
    refusedBy,
    why,
  }));
}

/** What Redshift would refuse, or commit by, in a transaction: the rules for a statement that only Redshift runs. */
export function findRefusedByRedshift(sql: string): readonly Refusal[] {
  return findDifferences(sql).filter(({ refusedBy }) => refusedBy === 'redshift');
}
