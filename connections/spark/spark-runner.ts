/**
 * What runs Spark jobs: an EMR cluster, EMR Serverless, or spark-submit on this machine, behind one interface. A job is
 * known by its name, which its owner derives from the task: so a try finds what an earlier one has submitted.
 */

/** A job to run. Files are where the runner can read them, see `SparkRunner.filesAt`. */
export interface SparkJob {
  /** At most 200 characters; the same name is the same job. */
  readonly name: string;
  /** The Python file or JAR. */
  readonly file: string;
  /** Modules for the Python path: `.py`, `.zip`, `.egg`. */
  readonly pyFiles: readonly string[];
  /** The application's arguments. They are in histories and process lists: no secrets. */
  readonly args: readonly string[];
  /** Spark's settings, `spark.…`. No secrets. */
  readonly conf: Readonly<Record<string, string>>;
  /** One that has succeeded is followed by a new one too: it is asked for again on purpose. */
  readonly again?: boolean | undefined;
}

/** `state` is the service's own word. */
export type SparkJobState =
  | { readonly kind: 'pending'; readonly state: string }
  | { readonly kind: 'succeeded'; readonly state: string }
  | { readonly kind: 'failed'; readonly state: string; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly state: string; readonly reason: string };

/** A job that was submitted. */
export interface SubmittedJob {
  /** The service's id: `s-…` of a step, a job run's, or a folder's. */
  readonly id: string;
  readonly state: SparkJobState;
}

export interface SparkRunner {
  /** What and where, for messages: `cluster j-2AXXXX`. */
  readonly place: string;
  /** Whether job files have to be on S3, or may be on this machine's disk. */
  readonly filesAt: 's3' | 'disk';
  /** From one look at a job to the next, in milliseconds, unless the task says otherwise. */
  readonly pollMs: number;
  /**
   * The job under this name, submitted now unless it was before. A job that has ended without success is followed by a
   * new one, as often as `mostJobs` says; after that it is the answer.
   */
  findOrSubmit(job: SparkJob, mostJobs: number, signal: AbortSignal): Promise<SubmittedJob>;
  /** Looks at a job. Throws SPARK_JOB_FAILED when nobody knows it any more. */
  look(id: string, signal: AbortSignal): Promise<SparkJobState>;
  /** Cancels every job under this name that has not ended. Safe to run twice. */
  cancel(name: string): Promise<void>;
  /** The last lines of the job's log that say what went wrong; '' when there are none, undefined when they cannot be had yet. */
  readErrorTail(id: string, signal: AbortSignal): Promise<string | undefined>;
  /** Frees the sockets. */
  close(): void;
}

/** Whether a job is no answer for who asks for it now, so that a new one is to follow. */
export function isOver({ kind }: SparkJobState, { again = false }: Pick<SparkJob, 'again'>): boolean {
  return kind === 'failed' || kind === 'cancelled' || (again && kind === 'succeeded');
}

/** Arguments of spark-submit for a job, without the program's name. */
export function createSubmitArgs(job: SparkJob, options: readonly string[]): readonly string[] {
  return [
    ...options,
    ...Object.entries(job.conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    ...(job.pyFiles.length === 0 ? [] : ['--py-files', job.pyFiles.join(',')]),
    job.file,
    ...job.args,
  ];
}
