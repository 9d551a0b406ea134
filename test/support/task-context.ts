/** A task context for calling operators without a worker. */
import type { Connection } from '../../core/connection.js';
import { NO_VARIABLES } from '../../connections/variables.js';
import type { TaskContext } from '../../core/context.js';
import { NO_CONNECTION_STORE } from '../../workers/task-connection-store.js';

const silent = (): void => undefined;

/** A context of a run whose interval is 2018-11-01 02:00 to 2018-11-02 02:00 UTC, with these connections. */
export function createTaskContext<Params = unknown>(
  connections: readonly Connection[],
  overrides: Partial<TaskContext<Params>> = {},
): TaskContext<Params> {
  return {
    dagId: 'test_dag',
    runId: 'manual__2018-11-01T02:00:00+00:00',
    runType: 'manual',
    params: {} as Params, // an operator under test that reads params gets them by `overrides`
    conf: {},
    logicalDate: new Date('2018-11-01T02:00:00Z'),
    dataInterval: { start: new Date('2018-11-01T02:00:00Z'), end: new Date('2018-11-02T02:00:00Z') },
    ds: '2018-11-01',
    dsNodash: '20181101',
    ts: '2018-11-01T02:00:00+00:00',
    tsNodash: '20181101T020000',
    tsNodashWithTz: '20181101T020000+0000',
    taskId: 'test_task',
    mapIndex: -1,
    tryNumber: 1,
    taskKey: 'test_dag/test_task',
    signal: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    heartbeat: silent,
    lastHeartbeat: undefined,
    variable: NO_VARIABLES.read,
    connection: (connId) => {
      const found = connections.find(({ id }) => id === connId);
      return found === undefined
        ? Promise.reject(new Error(`no connection ${connId}`))
        : Promise.resolve(found);
    },
    connectionStore: NO_CONNECTION_STORE,
    lineage: silent,
    get runs(): never {
      throw new Error('this context knows no other runs');
    },
    ...overrides,
  };
}
