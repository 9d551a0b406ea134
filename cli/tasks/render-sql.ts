/**
 * The SQL that a task's arguments lead to. The shipped operators plan their statements without a server, and what they
 * plan is shown; of other operators, and of arguments that do not hold, the files and texts are. Opens no connection.
 */
import { planCheck } from '../../activities/checks/check-query.js';
import type { CheckSqlArgs } from '../../activities/check-sql.js';
import { type CopyFromS3Args, planCopyFromS3 } from '../../activities/copy-from-s3.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import { planKafkaIngest } from '../../activities/kafka/plan-ingest.js';
import { planRunSql, type RunSqlArgs } from '../../activities/run-sql.js';
import type { SqlDialect } from '../../connections/sql/client.js';
import { parametersOf, showStatement, type SqlStatement } from '../../connections/sql/statement.js';
import { readSqlFile, type SqlSource } from '../../activities/sql/sql-folder.js';
import { prepareStatement, renderStatement } from '../../activities/sql/statement.js';
import type { SqlParameters } from '../../activities/sql/named-parameters.js';
import type { Connection } from '../../core/connection.js';
import { isAirtempoError } from '../../core/errors.js';

export const DIALECTS = ['postgres', 'redshift'] as const satisfies readonly SqlDialect[];

/** What rendering asks about connections; neither opens one. */
export interface RenderScene {
  /** The dialect, or how it follows from the task's connection. */
  readonly dialect: SqlDialect | ((connId: string) => Promise<SqlDialect>);
  readonly findConnection: (connId: string) => Promise<Connection>;
}

/** One statement as it would run. */
export interface RenderedSql {
  /** The file, or where the text stands. */
  readonly place: string;
  readonly dialect: SqlDialect;
  /** With parameters as `:name`. */
  readonly text: string;
  /** Values of the parameters that it uses. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Why it would not run. */
  readonly problem?: string;
}

/** Where SQL may stand in arguments; unknown operators have none of it. */
interface SqlArgs {
  readonly connId?: unknown;
  /** Of an ingest, whose own connection is the source. */
  readonly sink?: unknown;
  readonly files?: unknown;
  readonly file?: unknown;
  readonly sql?: unknown;
  readonly parameters?: unknown;
  readonly checks?: unknown;
  readonly name?: unknown;
}

/** Renders every statement of a task: its operator's name, and its arguments as far as they are known. */
export async function renderSql(
  operator: string,
  args: unknown,
  { dialect, findConnection }: RenderScene,
): Promise<readonly RenderedSql[]> {
  if (!isObject(args)) return [];
  const planner = PLANNERS[operator];
  if (planner !== undefined) {
    const planned = typeof dialect === 'string' ? dialect : await dialectOf(args, dialect);
    const statements = await planner(args, planned, findConnection).catch(() => undefined); // told by file below
    if (statements !== undefined) return statements.map((statement) => showPlanned(statement, planned));
  }
  const holders = [args, ...(Array.isArray(args.checks) ? args.checks.filter(isObject) : [])];
  const found = await Promise.all(
    holders.map(async (holder) => ({ holder, sources: await readSources(holder) })),
  );
  if (found.every(({ sources }) => sources.length === 0)) return [];
  const resolved = typeof dialect === 'string' ? dialect : await dialectOf(args, dialect);
  return found.flatMap(({ holder, sources }) =>
    sources.map((source) => renderOne(source, resolved, holder.parameters)),
  );
}

/** The statements of arguments that its operator has taken; `undefined` when only the server could tell. */
type Planner = (
  args: unknown,
  dialect: SqlDialect,
  find: RenderScene['findConnection'],
) => Promise<readonly SqlStatement[] | undefined>;

/** Operators that know their statements before they run. On Postgres COPY streams rows, whose columns the catalog tells. */
const PLANNERS: Readonly<Record<string, Planner>> = {
  run_sql: async (args, dialect) => planRunSql(args as RunSqlArgs, dialect),
  check_sql: async (args, dialect) =>
    Promise.all((args as CheckSqlArgs).checks.map((check) => planCheck(check, dialect))),
  copy_from_s3: async (args, dialect, find) =>
    dialect === 'redshift' ? planCopyFromS3(args as CopyFromS3Args, find) : undefined,
  kafka_ingest: async (args, dialect, find) =>
    dialect === 'redshift' ? planKafkaIngest(args as KafkaIngestArgs, find) : undefined,
};

function showPlanned(statement: SqlStatement, dialect: SqlDialect): RenderedSql {
  const { place } = statement;
  return { place, dialect, text: showStatement(statement), parameters: parametersOf(statement) };
}

function isObject(value: unknown): value is SqlArgs {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Postgres where the connection is not known here. */
async function dialectOf(args: SqlArgs, ask: (connId: string) => Promise<SqlDialect>): Promise<SqlDialect> {
  const { connId } = isObject(args.sink) ? args.sink : args;
  if (typeof connId !== 'string') return 'postgres';
  return ask(connId).catch(() => 'postgres' as const);
}

type Source = SqlSource & { readonly problem?: string };

async function readSources({ files, file, sql, name }: SqlArgs): Promise<readonly Source[]> {
  // other operators have files too: jobs, data
  const paths = [...listTexts(files), ...listTexts(file)].filter((path) => path.endsWith('.sql'));
  const fromFiles = await Promise.all(
    paths.map((path) =>
      readSqlFile(path).catch((error: unknown): Source => ({
        place: path,
        sql: '',
        problem: messageOf(error),
      })),
    ),
  );
  const label = typeof name === 'string' ? `check ${name}` : 'sql';
  const inline = listTexts(sql).map((text, index, all) => ({
    place: all.length === 1 ? label : `${label}[${String(index)}]`,
    sql: text,
  }));
  return [...fromFiles, ...inline];
}

function listTexts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

function renderOne(source: Source, dialect: SqlDialect, parameters: unknown): RenderedSql {
  const { place } = source;
  if (source.problem !== undefined)
    return { place, dialect, text: '', parameters: {}, problem: source.problem };
  try {
    const text = renderStatement(source, dialect);
    const all = isObject(parameters) ? (parameters as SqlParameters) : {};
    try {
      const parameters = parametersOf(prepareStatement(source, dialect, all));
      return { place, dialect, text, parameters };
    } catch (error) {
      return { place, dialect, text, parameters: all, problem: messageOf(error) };
    }
  } catch (error) {
    return { place, dialect, text: source.sql, parameters: {}, problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return isAirtempoError(error) || error instanceof Error ? error.message : String(error);
}
