/** The SQL that a task's arguments lead to: files and texts, of the task itself or of its checks. Opens no connection. */
import { readSqlFile, type SqlSource } from '../../activities/sql/sql-folder.js';
import { prepareStatement, renderStatement } from '../../activities/sql/statement.js';
import type { SqlParameters } from '../../activities/sql/named-parameters.js';
import { isAirtempoError } from '../../core/errors.js';

export const DIALECTS = ['postgres', 'redshift'] as const;
export type SqlDialect = (typeof DIALECTS)[number];

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
  readonly files?: unknown;
  readonly file?: unknown;
  readonly sql?: unknown;
  readonly parameters?: unknown;
  readonly checks?: unknown;
  readonly name?: unknown;
}

/** Renders every statement of the arguments; the dialect may be asked for by connection id. */
export async function renderSql(
  args: unknown,
  dialect: SqlDialect | ((connId: string) => Promise<SqlDialect>),
): Promise<readonly RenderedSql[]> {
  if (!isObject(args)) return [];
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

function isObject(value: unknown): value is SqlArgs {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Postgres where the connection is not known here. */
async function dialectOf(
  { connId }: SqlArgs,
  ask: (connId: string) => Promise<SqlDialect>,
): Promise<SqlDialect> {
  if (typeof connId !== 'string') return 'postgres';
  return ask(connId).catch(() => 'postgres' as const);
}

type Source = SqlSource & { readonly problem?: string };

async function readSources({ files, file, sql, name }: SqlArgs): Promise<readonly Source[]> {
  const paths = [...listTexts(files), ...listTexts(file)];
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
      const { names } = prepareStatement(source, dialect, all);
      return { place, dialect, text, parameters: Object.fromEntries(names.map((name) => [name, all[name]])) };
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
