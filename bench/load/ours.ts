/** One run of our side, as a process of its own: S3 → COPY → star. Prints "loaded" between the two. */
import { NO_CONNECTION_STORE } from '../../workers/task-connection-store.js';
import { NO_VARIABLES } from '../../connections/variables.js';
import { copyFromS3 } from '../../activities/copy-from-s3.js';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';
import { starTransactions } from './star.js';

export interface OursInput {
  readonly postgres: Connection;
  readonly s3: Connection;
  readonly bucket: string;
}

function createContext(connections: Readonly<Record<string, Connection>>): TaskContext {
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
      throw new Error('a load asks for no other runs');
    },
    connection: (id) => {
      const found = connections[id];
      return found === undefined ? Promise.reject(new Error(`no connection ${id}`)) : Promise.resolve(found);
    },
  }; // prettier-ignore
}

/** Runs the operators that the DAG runs, and reports the peak memory. */
export async function runOurs({ postgres, s3, bucket }: OursInput): Promise<void> {
  const ctx = createContext({ postgres, aws_credentials: s3 });
  const copy = (table: string, folder: string, options: object): Promise<unknown> =>
    copyFromS3({
      args: { connId: 'postgres', table, from: `s3://${bucket}/${folder}/`, format: 'json', ...options },
      ctx,
    });
  await copy('staging_events', 'log_data', { ignoreCase: true, timeFormat: 'epochmillisecs' });
  await copy('staging_songs', 'song_data', {});
  process.stdout.write('loaded\n');
  const session = await connectSql(postgres);
  for (const statements of await starTransactions()) {
    await session.transact(statements);
  }
  await session.close();
  process.stdout.write(`peak ${String(process.resourceUsage().maxRSS / 1024)}\n`);
}
