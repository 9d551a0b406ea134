/** The worker of the product in this process, as `airtempo worker` makes it, without connections and kept logs. */
import path from 'node:path';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { createConnectionRegistry, createSecretScrubber } from '../../connections/index.js';
import type { Dag } from '../../core/dag.js';
import { createLogger } from '../../workers/logger.js';
import { createDagWorker } from '../../workers/worker.js';
import { buildWorkflowBundle } from '../../workers/workflow-bundle.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore } from '../../workers/xcom-store.js';

/** A worker of these DAGs; large outputs go to files in `dir`. */
export async function createBenchWorker(
  connection: NativeConnection,
  dags: readonly Dag[],
  dir: string,
): Promise<Worker> {
  const scrubber = createSecretScrubber();
  return createDagWorker({
    connection,
    namespace: 'default',
    dags: new Map(dags.map((dag) => [dag.id, dag])),
    registry: createConnectionRegistry({ stores: [], scrubber }),
    scrubber,
    xcom: createXComStore(createFileXComBlobs(path.join(dir, 'xcom'))),
    logger: createLogger(scrubber, { level: 'error' }),
    workflowBundle: await buildWorkflowBundle(),
  });
}
