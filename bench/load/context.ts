/** A task context for calling operators without a worker. */
import { NO_VARIABLES } from '../../connections/variables.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';
import { NO_CONNECTION_STORE } from '../../workers/task-connection-store.js';

/** A context with these connections, and nobody to talk to. */
export function createContext(connections: Readonly<Record<string, Connection>>): TaskContext {
  const moment = new Date(0);
  const silent = (): void => undefined;
  return {
    dagId: 'bench', runId: 'bench', runType: 'manual', taskId: 'load', mapIndex: -1, tryNumber: 1,
    taskKey: 'bench', params: {}, conf: {},
    logicalDate: moment, dataInterval: { start: moment, end: moment },
    ds: '', dsNodash: '', ts: '', tsNodash: '', tsNodashWithTz: '',
    signal: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    heartbeat: silent,
    connectionStore: NO_CONNECTION_STORE,
    lineage: silent,
    lastHeartbeat: undefined,
    variable: NO_VARIABLES.read,
    get runs(): never {
      throw new Error('a benchmark asks for no other runs');
    },
    connection: (id) => {
      const found = connections[id];
      return found === undefined ? Promise.reject(new Error(`no connection ${id}`)) : Promise.resolve(found);
    },
  }; // prettier-ignore
}
