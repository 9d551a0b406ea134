/** Runs Spark jobs as steps of an EMR cluster. */
import type { ActionOnFailure } from '@aws-sdk/client-emr';
import type { EmrClient } from '../emr/emr.js';
import type { S3Storage } from '../s3.js';
import { chooseTail, joinS3Url, readTailFromS3 } from './error-tail.js';
import { createSubmitArgs, isOver, type SparkRunner } from './spark-runner.js';

export interface SparkOnEmrOptions {
  readonly client: EmrClient;
  readonly clusterId: string;
  /** Reads the logs that EMR puts on S3. */
  readonly storage: S3Storage;
  /** What becomes of the cluster when the step fails. */
  readonly actionOnFailure: ActionOnFailure;
  /** `client` leaves the driver's errors in the step's stderr, `cluster` in a container's. */
  readonly deployMode: 'client' | 'cluster';
}

const POLL_MS = 15_000;

/** A runner for one cluster. Closing it closes client and storage. */
export function createSparkOnEmr(options: SparkOnEmrOptions): SparkRunner {
  const { client, clusterId, storage } = options;
  return {
    place: `EMR cluster ${clusterId}`,
    filesAt: 's3',
    pollMs: POLL_MS,
    findOrSubmit: async (job, mostJobs, signal) => {
      const known = await client.findSteps(clusterId, job.name, signal);
      const [newest] = known;
      const isUsable = newest !== undefined && !isOver(newest.state, job);
      if (newest !== undefined && (isUsable || known.length >= mostJobs)) {
        return { id: newest.stepId, state: newest.state };
      }
      signal.throwIfAborted(); // beyond here a step may exist
      const stepId = await client.addStep(clusterId, {
        Name: job.name,
        ActionOnFailure: options.actionOnFailure,
        HadoopJarStep: {
          Jar: 'command-runner.jar',
          Args: ['spark-submit', ...createSubmitArgs(job, ['--deploy-mode', options.deployMode])],
        },
      });
      return { id: stepId, state: { kind: 'pending', state: 'PENDING' } };
    },
    look: async (id, signal) => (await client.describeStep(clusterId, id, signal)).state,
    cancel: async (name) => {
      const steps = await client.findSteps(clusterId, name);
      const open = steps.filter(({ state }) => state.kind === 'pending').map(({ stepId }) => stepId);
      if (open.length > 0) await client.cancelSteps(clusterId, open);
    },
    readErrorTail: async (id, signal) => {
      const { logUri } = await client.describeCluster(clusterId, signal);
      if (logUri === undefined) return '';
      const read = (file: string): Promise<string | undefined> =>
        readTailFromS3(storage, [joinS3Url(logUri, clusterId, 'steps', id, file)], signal);
      return chooseTail(await read('stderr'), await read('stdout'));
    },
    close: () => {
      client.close();
      storage.close();
    },
  };
}
