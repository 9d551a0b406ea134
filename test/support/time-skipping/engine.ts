/** A worker on Temporal's time-skipping server, where an hour's wait takes no time. One at a time in a process. */
import { createConnectionRegistry, createSecretScrubber } from '../../../connections/index.js';
import type { Dag } from '../../../index.js';
import { createLogger } from '../../../workers/logger.js';
import { createDagWorker } from '../../../workers/worker.js';
import { createFileXComBlobs } from '../../../workers/xcom-files.js';
import { createXComStore } from '../../../workers/xcom-store.js';
import { finishRun, installQuietRuntime, type FinishedRun } from '../engine.js';
import { createScratchFolder } from '../scratch.js';
import { testStack } from '../stack.js';
import { createSkippingEnvironment } from './environment.js';

export interface SkippingEngine {
  /** Runs a DAG to its end, in no time. */
  run(dag: Pick<Dag, 'id'>): Promise<FinishedRun>;
  /** The server's clock. */
  currentTimeMs(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the server at this path (see ensureTimeSkippingServer) and a worker for these DAGs. */
export async function startSkippingEngine(server: string, dags: readonly Dag[]): Promise<SkippingEngine> {
  installQuietRuntime();
  const env = await createSkippingEnvironment(server);
  const scratch = await createScratchFolder();
  const scrubber = createSecretScrubber();
  const taskQueue = 'skipping';
  const worker = await createDagWorker({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue,
    dags: new Map(dags.map((each) => [each.id, each])),
    registry: createConnectionRegistry({ stores: [], scrubber }),
    scrubber,
    xcom: createXComStore(createFileXComBlobs(scratch.dir)),
    logger: createLogger(scrubber, { destination: { write: () => undefined } }),
    workflowBundle: { codePath: testStack.workflowBundlePath() },
  });
  const running = worker.run();
  return {
    run: async ({ id }) => finishRun(await env.client.workflow.start(id, { taskQueue, workflowId: id })),
    currentTimeMs: () => env.currentTimeMs(),
    stop: async () => {
      worker.shutdown();
      await running;
      await env.teardown();
      await scratch.remove();
    },
  };
}
