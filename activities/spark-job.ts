/**
 * The operator `spark_job`: runs a Spark job on EMR, on EMR Serverless or by spark-submit, as the connection's type says.
 * It waits as a sensor does, holding no slot; the job's id is kept between looks, and its name is made of the task's key,
 * so that a try whose worker died finds the job again instead of submitting a twin.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SparkJob, SparkRunner, SubmittedJob } from '../connections/spark/spark-runner.js';
import type { TaskContext } from '../core/context.js';
import { isRecord } from '../core/outside-value.js';
import { notYet, sensor, type NotYet } from '../core/sensor.js';
import { computeLookAgainMs } from './emr/look-again.js';
import { patiently, readPatience } from './emr/patience.js';
import { clusterSchema } from './sensors/emr-cluster.js';
import { openRunner } from './spark/open-runner.js';
import { describeFailure } from './spark/describe-failure.js';
import { placeJobFiles } from './spark/place-job-files.js';

export interface SparkJobArgs {
  /** A connection of type emr, emr_serverless or spark; of type aws when `cluster` is given. */
  readonly connId: string;
  /** The Python file or JAR: an absolute path on the worker, or `s3://…`. */
  readonly file: string;
  /** Modules for the Python path, likewise. */
  readonly pyFiles?: readonly string[] | undefined;
  /** A folder of SQL files on the worker's disk that the job reads: it is told by `--sql <where they are>` after `args`. */
  readonly sqlFolder?: string | undefined;
  /** The application's arguments. They are in histories and process lists: no secrets. */
  readonly args?: readonly string[] | undefined;
  /** Spark's settings. No secrets. */
  readonly conf?: Readonly<Record<string, string>> | undefined;
  /** `s3://bucket/prefix/` where files of the worker's disk are put for EMR. */
  readonly uploadTo?: string | undefined;
  /** EMR: the cluster, such as the output of `create_emr_cluster`. Default: the connection's. */
  readonly cluster?: { readonly clusterId: string } | undefined;
  /** EMR: what becomes of the cluster when the step fails. Default `CONTINUE`. */
  readonly actionOnFailure?: 'CONTINUE' | 'CANCEL_AND_WAIT' | 'TERMINATE_CLUSTER' | undefined;
  /** Default `client`: the driver's errors are then in the log that is shown when the job fails. */
  readonly deployMode?: 'client' | 'cluster' | undefined;
}

export interface SparkJobOutput {
  /** The service's id of the job: `s-…` of a step. */
  readonly jobId: string;
  /** The service's word. */
  readonly state: string;
}

const SETTING_NAME = /^spark\.[\w.-]+$/;

const argsSchema: z.ZodType<SparkJobArgs> = z.strictObject({
  connId: z.string().min(1),
  file: z.string().min(1),
  pyFiles: z.array(z.string().min(1)).readonly().optional(),
  sqlFolder: z.string().min(1).optional(),
  args: z.array(z.string()).readonly().optional(),
  conf: z.record(z.string().regex(SETTING_NAME, 'settings begin with spark.'), z.string()).optional(),
  uploadTo: z
    .string()
    .regex(/^s3[an]?:\/\/[^/]+/, 'write it as s3://bucket/prefix/')
    .optional(),
  cluster: clusterSchema.optional(),
  actionOnFailure: z.enum(['CONTINUE', 'CANCEL_AND_WAIT', 'TERMINATE_CLUSTER']).optional(),
  deployMode: z.enum(['client', 'cluster']).optional(),
});

/** EMR copies a step's log to S3 a while after its end: so many looks are spent on waiting for it. */
const LOG_LOOKS = 8;

/**
 * Runs the job to its end. Each try submits one job at most; a job that failed in an earlier try is followed by a new
 * one. Errors: SPARK_JOB_FAILED (retried), CLUSTER_NOT_FOUND, ACCESS_DENIED, SOURCE_NOT_FOUND (not retried).
 */
export const sparkJob = sensor(
  'spark_job',
  async ({ args, ctx }: { args: SparkJobArgs; ctx: TaskContext }): Promise<SparkJobOutput | NotYet> => {
    const kept = readKept(ctx);
    const memory: Record<string, unknown> = { ...kept };
    const runner = await openRunner(ctx, args);
    try {
      return await patiently(ctx, runner.pollMs, () => look(runner, args, ctx, memory), memory);
    } finally {
      runner.close();
    }
  },
  {
    args: argsSchema,
    summary: ({ file, connId }) => `runs ${file?.split('/').at(-1) ?? 'a Spark job'} on ${connId ?? 'Spark'}`,
    onCancel: async ({ args, ctx }) => {
      const runner = await openRunner(ctx, args);
      try {
        await runner.cancel(nameJob(ctx));
      } finally {
        runner.close();
      }
    },
  },
);

/** What one look leaves for the next. */
interface Kept {
  readonly jobId?: string;
  /** The try that submitted or adopted the job: the next one may submit another. */
  readonly submittedIn?: number;
  /** Looks spent on the log of a failed job. */
  readonly logLooks?: number;
}

/** What the former look of this try has left; a new try begins anew. */
function readKept({ lastHeartbeat, tryNumber }: TaskContext): Kept {
  if (!isRecord(lastHeartbeat) || lastHeartbeat['submittedIn'] !== tryNumber) return {};
  const { jobId, logLooks } = lastHeartbeat;
  if (typeof jobId !== 'string') return {};
  return { jobId, submittedIn: tryNumber, logLooks: typeof logLooks === 'number' ? logLooks : 0 };
}

async function look(
  runner: SparkRunner,
  args: SparkJobArgs,
  ctx: TaskContext,
  memory: Record<string, unknown>,
): Promise<SparkJobOutput | NotYet> {
  const { jobId, logLooks = 0 } = readKept(ctx);
  const job: SubmittedJob =
    jobId === undefined
      ? await submit(runner, args, ctx)
      : { id: jobId, state: await runner.look(jobId, ctx.signal) };
  Object.assign(memory, { jobId: job.id, submittedIn: ctx.tryNumber, logLooks });
  if (jobId === undefined) ctx.heartbeat({ ...memory, looks: 0, unanswered: 0 });
  const { id, state } = job;
  if (state.kind === 'succeeded') return { jobId: id, state: state.state };
  if (state.kind === 'pending') {
    return notYet(`${id} on ${runner.place} is ${state.state}`, {
      againIn: computeLookAgainMs(readPatience(ctx).looks, runner.pollMs),
    });
  }
  const tail = await runner.readErrorTail(id, ctx.signal);
  if (tail === undefined && runner.filesAt === 's3' && logLooks < LOG_LOOKS) {
    memory['logLooks'] = logLooks + 1;
    return notYet(`${id} on ${runner.place} is ${state.state}; its log is not on S3 yet`, {
      againIn: computeLookAgainMs(logLooks + 1, runner.pollMs),
    });
  }
  throw describeFailure(runner, id, state, tail);
}

/** The task's job, as an earlier look has submitted it, or as it is submitted now. */
async function submit(runner: SparkRunner, args: SparkJobArgs, ctx: TaskContext): Promise<SubmittedJob> {
  const files = await placeJobFiles(runner, args, ctx);
  const job: SparkJob = { name: nameJob(ctx), conf: args.conf ?? {}, ...files };
  const submitted = await runner.findOrSubmit(job, ctx.tryNumber, ctx.signal);
  ctx.log.info({ jobId: submitted.id, name: job.name }, `the job is on ${runner.place}`);
  return submitted;
}

const LONGEST_WORDS = 160;

/** The same for every try of the task, another one once it is cleared. Begins with what a person looks for. */
export function nameJob({ dagId, taskId, mapIndex, runId, taskKey }: TaskContext): string {
  const key = createHash('sha256').update(taskKey).digest('hex').slice(0, 12);
  const task = mapIndex < 0 ? taskId : `${taskId}[${String(mapIndex)}]`;
  return `${`airtempo ${dagId}.${task} ${runId}`.slice(0, LONGEST_WORDS)} ${key}`;
}
