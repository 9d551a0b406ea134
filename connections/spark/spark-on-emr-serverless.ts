/**
 * Runs Spark jobs on EMR Serverless. Its StartJobRun has a token: starting a job again with the token of an earlier try
 * gives that try's job, so nothing needs to be looked for.
 */
import { createHash } from 'node:crypto';
import {
  CancelJobRunCommand,
  EMRServerlessClient,
  GetJobRunCommand,
  ListJobRunsCommand,
  StartJobRunCommand,
  type JobRunState,
} from '@aws-sdk/client-emr-serverless';
import type { Connection } from '../../core/connection.js';
import { mapAwsError } from '../aws-errors.js';
import { MANAGED_TAG } from '../aws-tags.js';
import { resolveAwsConfig } from '../aws.js';
import type { S3Storage } from '../s3.js';
import { joinS3Url, readTailFromS3 } from './error-tail.js';
import {
  isOver,
  type SparkJob,
  type SparkJobState,
  type SparkRunner,
  type SubmittedJob,
} from './spark-runner.js';

export interface SparkOnEmrServerlessOptions {
  /** Of type aws. */
  readonly aws: Connection;
  readonly applicationId: string;
  readonly executionRoleArn: string;
  readonly storage: S3Storage;
  /** Where the driver's logs go. */
  readonly logUri: string;
}

const POLL_MS = 15_000;
const SERVICE = 'Amazon EMR Serverless';
const OPEN_STATES = [
  'SUBMITTED',
  'PENDING',
  'SCHEDULED',
  'QUEUED',
  'RUNNING',
] as const satisfies JobRunState[];

/** A runner for one application. Closing it closes the storage too. */
export function createSparkOnEmrServerless(options: SparkOnEmrServerlessOptions): SparkRunner {
  const { aws, applicationId, storage, logUri } = options;
  const client = new EMRServerlessClient(resolveAwsConfig(aws, 'emr-serverless'));

  async function call<T>(action: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw mapAwsError(error, aws, { service: SERVICE, action });
    }
  }

  const look = async (id: string, signal?: AbortSignal): Promise<SparkJobState> => {
    const command = new GetJobRunCommand({ applicationId, jobRunId: id });
    const sending = signal === undefined ? {} : { abortSignal: signal };
    const { jobRun } = await call('GetJobRun', () => client.send(command, sending), signal);
    return toJobState(jobRun?.state, jobRun?.stateDetails);
  };

  const start = async (job: SparkJob, number: number): Promise<string> => {
    const command = new StartJobRunCommand({
      applicationId,
      executionRoleArn: options.executionRoleArn,
      clientToken: createToken(job.name, number),
      name: job.name,
      jobDriver: {
        sparkSubmit: {
          entryPoint: job.file,
          entryPointArguments: [...job.args],
          sparkSubmitParameters: writeParameters(job),
        },
      },
      configurationOverrides: { monitoringConfiguration: { s3MonitoringConfiguration: { logUri } } },
      tags: { [MANAGED_TAG]: 'true' },
    });
    const { jobRunId = '' } = await call('StartJobRun', () => client.send(command));
    return jobRunId;
  };

  return {
    place: `EMR Serverless application ${applicationId}`,
    filesAt: 's3',
    pollMs: POLL_MS,
    findOrSubmit: async (job, mostJobs, signal) => {
      for (let number = 1; ; number += 1) {
        signal.throwIfAborted();
        const id = await start(job, number);
        const submitted: SubmittedJob = { id, state: await look(id, signal) };
        if (!isOver(submitted.state, job) || number >= mostJobs) return submitted;
      }
    },
    look,
    cancel: async (name) => {
      let nextToken: string | undefined;
      do {
        const command = new ListJobRunsCommand({ applicationId, states: [...OPEN_STATES], nextToken });
        const page = await call('ListJobRuns', () => client.send(command));
        for (const { id, name: other } of page.jobRuns ?? []) {
          if (id === undefined || other !== name) continue;
          const cancel = new CancelJobRunCommand({ applicationId, jobRunId: id });
          await call('CancelJobRun', () => client.send(cancel));
        }
        ({ nextToken } = page);
      } while (nextToken !== undefined);
    },
    readErrorTail: (id, signal) => {
      const folder = joinS3Url(logUri, 'applications', applicationId, 'jobs', id, 'SPARK_DRIVER');
      return readTailFromS3(storage, [joinS3Url(folder, 'stderr'), joinS3Url(folder, 'stdout')], signal);
    },
    close: () => {
      client.destroy();
      storage.close();
    },
  };
}

/** The same for the same job of the same number; 64 characters, as the service allows. */
function createToken(name: string, number: number): string {
  return createHash('sha256')
    .update(JSON.stringify([name, number]))
    .digest('hex');
}

/** The service takes one text and splits it at blanks outside quotes. */
function writeParameters({ conf, pyFiles }: SparkJob): string {
  const settings = Object.entries(conf).map(([name, value]) => `--conf ${quote(`${name}=${value}`)}`);
  return [...settings, ...(pyFiles.length === 0 ? [] : [`--py-files ${quote(pyFiles.join(','))}`])].join(' ');
}

function quote(text: string): string {
  return /\s|"/.test(text) ? `"${text.replaceAll('"', String.raw`\"`)}"` : text;
}

function toJobState(state = 'UNKNOWN', details = ''): SparkJobState {
  switch (state) {
    case 'SUCCESS':
      return { kind: 'succeeded', state };
    case 'FAILED':
      return { kind: 'failed', state, reason: details };
    case 'CANCELLED':
      return { kind: 'cancelled', state, reason: details };
    default:
      return { kind: 'pending', state };
  }
}
