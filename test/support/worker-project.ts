/** A project with one DAG file, and workers of the built command that a test may kill; its tasks write a journal. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { createCliProject, type CliProcess } from './cli.js';
import { until } from './engine.js';
import { testStack } from './stack.js';

const DAG_FILE = 'killable.ts';

export interface WorkerProject {
  readonly connection: Connection;
  /** Starts a worker that has the DAG file, and waits until it polls. */
  startWorker(): Promise<CliProcess>;
  /** What the tasks have written to the file `journal`, by line. */
  journal(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Makes the project; its workers poll `taskQueue`. */
export async function createWorkerProject(
  taskQueue: string,
  dagFile: string,
  env: NodeJS.ProcessEnv = {},
): Promise<WorkerProject> {
  const project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: taskQueue,
    ...env,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, DAG_FILE), dagFile);
  const connection = await Connection.connect({ address: testStack.temporalAddress() });
  return {
    connection,
    startWorker: async () => {
      const worker = project.start(['worker', '--dags', DAG_FILE]);
      await until(() => worker.output().includes('worker started'));
      return worker;
    },
    journal: async () => {
      const text = await readFile(path.join(project.dir, 'journal'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    remove: async () => {
      await connection.close();
      await project.remove();
    },
  };
}
