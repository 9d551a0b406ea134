// The container's health check: does Temporal see a worker of this host polling? It looks from Temporal's side, so
// a worker that runs but lost its connection counts as ill. Exit code 0 when healthy, 1 with a reason when not.

import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** A poll lasts a minute at most, so a living worker was seen within this time. */
const FRESH_MS = 120_000;
/** TASK_QUEUE_TYPE_ACTIVITY: every airtempo worker polls for activities, only some for workflows. */
const ACTIVITY = 2;

const queue = process.env.AIRTEMPO_TASK_QUEUE ?? 'airtempo';

async function countPollers() {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5s' });
  try {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: namespace ?? 'default',
      taskQueue: { name: queue },
      taskQueueType: ACTIVITY,
    });
    const since = Date.now() - FRESH_MS;
    return pollers.filter(
      ({ identity, lastAccessTime }) =>
        identity.endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds ?? 0) * 1000 >= since,
    ).length;
  } finally {
    await connection.close();
  }
}

try {
  if ((await countPollers()) === 0) throw new Error(`no worker of ${hostname()} polls task queue ${queue}`);
} catch (error) {
  console.error(`unhealthy: ${error.message}`);
  process.exitCode = 1;
}
