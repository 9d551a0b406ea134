/** What can be wrong with loaded DAGs besides their own code: files that fail, connections and pools nobody has defined, SQL that its server would refuse. */
import type { ConnectionRegistry } from '../connections/index.js';
import type { ResolvedConfig } from '../core/config.js';
import type { Dag } from '../core/dag.js';
import type { CallbackCode } from '../core/callback-options.js';
import { isNotifier } from '../core/notifier.js';
import { findRefusedSql } from './find-refused-sql.js';
import { suggest } from '../core/suggest.js';
import type { LoadedDags } from '../workers/dag-loader.js';

export interface DagProblem {
  /** File, or DAG and task. */
  readonly place: string;
  readonly code: string;
  readonly message: string;
}

/** Everything that would fail at night and can be known now. */
export async function validateDags(
  loaded: LoadedDags,
  registry: ConnectionRegistry,
  pools: ResolvedConfig['pools'],
): Promise<readonly DagProblem[]> {
  const broken = loaded.errors.map(({ file, error }) => ({
    place: file,
    code: error.code,
    message: error.message,
  }));
  const dags = [...loaded.dags.values()];
  const missing = await Promise.all(dags.map((dag) => findMissingConnections(dag, registry)));
  const refused = await Promise.all(dags.map((dag) => findRefusedSql(dag, registry)));
  const refusedSql = refused.flat().map((problem) => ({ ...problem, code: 'INVALID_SQL_FILE' }));
  return [...broken, ...missing.flat(), ...findUnknownPools(dags, pools), ...refusedSql];
}

/** Tasks that name a pool which is not declared: no worker would ever run them. */
export function findUnknownPools(
  dags: readonly Dag[],
  pools: ResolvedConfig['pools'],
): readonly DagProblem[] {
  const names = Object.keys(pools);
  const fix =
    names.length === 0
      ? 'Declare it: export default defineConfig({ pools: { <name>: { slots: 4 } } });'
      : `Declared: ${names.join(', ')}.`;
  return dags.flatMap((dag) =>
    dag.graph.tasks.flatMap(({ id, execution: { pool } }) => {
      if (pool === undefined || Object.hasOwn(pools, pool)) return [];
      const place = `DAG ${dag.id}, task ${id}`;
      const message = `names the pool ${JSON.stringify(pool)}, which airtempo.config.ts does not declare.${suggest(pool, names)} ${fix}`;
      return [{ place, code: 'UNKNOWN_POOL', message }];
    }),
  );
}

async function findMissingConnections(
  dag: Dag,
  registry: ConnectionRegistry,
): Promise<readonly DagProblem[]> {
  const tasks = dag.graph.tasks.flatMap(({ id, args }) => {
    const place = `DAG ${dag.id}, task ${id}`;
    return [
      ...connIdsOf(args).map((connId) => ({ place, connId })),
      ...usesOf(dag.code.get(id)?.callbacks, place),
    ];
  });
  const uses = [...usesOf(dag.callbacks, `DAG ${dag.id}`), ...tasks];
  const problems = await Promise.all(
    uses.map(async ({ place, connId }): Promise<readonly DagProblem[]> => {
      const found = await registry.find(connId).catch((error: unknown) => error as Error);
      if (found instanceof Error) return [{ place, code: 'INVALID_CONNECTION', message: found.message }];
      if (found !== undefined) return [];
      const message = `uses connection "${connId}", which is not defined. Add it with: airtempo connections add ${connId}`;
      return [{ place, code: 'CONNECTION_NOT_FOUND', message }];
    }),
  );
  return problems.flat();
}

/** The connections of notifiers. */
function usesOf(
  callbacks: CallbackCode | undefined,
  place: string,
): readonly { readonly place: string; readonly connId: string }[] {
  return Object.entries(callbacks ?? {}).flatMap(([event, list]) =>
    list
      .filter(isNotifier)
      .flatMap(({ notifierArgs, notifierName }) =>
        connIdsOf(notifierArgs).map((connId) => ({ place: `${place}, ${event} (${notifierName})`, connId })),
      ),
  );
}

/** Arguments named `connId`, `awsConnId` … whose value is known before a run. */
function connIdsOf(args: unknown): readonly string[] {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return [];
  return Object.entries(args).flatMap(([key, value]: [string, unknown]) =>
    /(^c|C)onnId$/.test(key) && typeof value === 'string' ? [value] : [],
  );
}
