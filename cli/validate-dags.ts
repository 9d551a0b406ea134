/** What can be wrong with loaded DAGs besides their own code: files that fail, and connections nobody has defined. */
import type { ConnectionRegistry } from '../connections/index.js';
import type { Dag } from '../core/dag.js';
import type { JsonValue } from '../core/json.js';
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
): Promise<readonly DagProblem[]> {
  const broken = loaded.errors.map(({ file, error }) => ({
    place: file,
    code: error.code,
    message: error.message,
  }));
  const missing = await Promise.all(
    [...loaded.dags.values()].map((dag) => findMissingConnections(dag, registry)),
  );
  return [...broken, ...missing.flat()];
}

async function findMissingConnections(
  dag: Dag,
  registry: ConnectionRegistry,
): Promise<readonly DagProblem[]> {
  const uses = dag.graph.tasks.flatMap((task) =>
    connIdsOf(task.args).map((connId) => ({ place: `DAG ${dag.id}, task ${task.id}`, connId })),
  );
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

/** Arguments named `connId`, `awsConnId` … whose value is known before a run. */
function connIdsOf(args: JsonValue | undefined): readonly string[] {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return [];
  return Object.entries(args).flatMap(([key, value]: [string, unknown]) =>
    /(^c|C)onnId$/.test(key) && typeof value === 'string' ? [value] : [],
  );
}
