/**
 * The one error class and the one list of error codes. A message is a sentence that names the value,
 * the place and the fix. Whether Temporal may retry is a property of the code, decided here once.
 */

/** Every code airtempo raises; docs/errors.md explains each, and a test compares the two. */
export const ERROR_CODES = {
  // authoring: found while a DAG file is loaded, before anything runs
  INVALID_DAG: { retryable: false },
  INVALID_TASK: { retryable: false },
  DUPLICATE_ID: { retryable: false },
  UNKNOWN_ID: { retryable: false },
  CYCLE: { retryable: false },
  INVALID_OPTION: { retryable: false },
  INVALID_SCHEDULE: { retryable: false },
  DAG_LOAD_FAILED: { retryable: false },
  INVALID_CONFIG: { retryable: false },
  UNKNOWN_POOL: { retryable: false },
  // starting a run
  UNKNOWN_DAG: { retryable: false },
  INVALID_RUN_INPUT: { retryable: false },
  INVALID_PARAMS: { retryable: false },
  INVALID_BACKFILL: { retryable: false },
  // running a task
  TASK_CODE_MISSING: { retryable: true },
  FAILED_WITHOUT_RETRY: { retryable: false },
  SENSOR_TIMEOUT: { retryable: false },
  POKE_TIMEOUT: { retryable: true },
  INVALID_OUTPUT: { retryable: false },
  INVALID_ARGS: { retryable: false },
  XCOM_UNAVAILABLE: { retryable: true },
  XCOM_CORRUPT: { retryable: false },
  // connections
  CONNECTION_NOT_FOUND: { retryable: false },
  INVALID_CONNECTION: { retryable: false },
  CONNECTION_STORE_LOCKED: { retryable: false },
  CONNECTION_STORE_CORRUPT: { retryable: false },
  CONNECTION_STORE_UNAVAILABLE: { retryable: true },
  CONNECTION_REFUSED: { retryable: true },
  ACCESS_DENIED: { retryable: false },
  // AWS services
  AWS_UNAVAILABLE: { retryable: true },
  AWS_REFUSED: { retryable: false },
  CLUSTER_NOT_FOUND: { retryable: false },
  CLUSTER_CONFLICT: { retryable: false },
  CLUSTER_FAILED: { retryable: false },
  SPARK_JOB_FAILED: { retryable: true },
  // variables
  VARIABLE_NOT_FOUND: { retryable: false },
  INVALID_VARIABLE: { retryable: false },
  // data
  SOURCE_NOT_FOUND: { retryable: false },
  BUCKET_NOT_FOUND: { retryable: false },
  INVALID_COPY_OPTION: { retryable: false },
  LOAD_FAILED: { retryable: false },
  SOURCE_CHANGED: { retryable: true },
  SOURCE_LATE: { retryable: true },
  OFFSETS_GONE: { retryable: false },
  KAFKA_UNAVAILABLE: { retryable: true },
  STORAGE_UNAVAILABLE: { retryable: true },
  SQL_FAILED: { retryable: false },
  SQL_UNAVAILABLE: { retryable: true },
  INVALID_SQL_FILE: { retryable: false },
  CHECK_FAILED: { retryable: false },
  // the local stack and the command line
  BINARY_NOT_FOUND: { retryable: false },
  SERVICE_NOT_READY: { retryable: true },
  STACK_ALREADY_RUNNING: { retryable: false },
  TEMPORAL_UNREACHABLE: { retryable: true },
  RUN_NOT_FOUND: { retryable: false },
  NO_WORKER: { retryable: true },
  LOG_NOT_FOUND: { retryable: false },
  INVALID_ARGUMENT: { retryable: false },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

const ERROR_BRAND = Symbol.for('airtempo.error');

/** A message repeats what it is about, which may be of any length: the middle goes, and the fix at the end stays. */
const [HEAD_CHARS, TAIL_CHARS] = [5_000, 2_900] as const;
function shorten(message: string): string {
  if (message.length <= HEAD_CHARS + TAIL_CHARS) return message;
  return `${message.slice(0, HEAD_CHARS)} … ${message.slice(-TAIL_CHARS)}`;
}

/** An error that a user can act on. `message` says what, where and how to fix, in 8,000 characters at most; `cause` keeps the origin. */
export class AirtempoError extends Error {
  readonly code: ErrorCode;
  readonly [ERROR_BRAND] = true;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(shorten(message), options);
    this.name = 'AirtempoError';
    this.code = code;
  }

  /** Whether trying again can help. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** Whether an error is ours, also one thrown by another copy of this package. */
export function isAirtempoError(error: unknown): error is AirtempoError {
  return typeof error === 'object' && error !== null && ERROR_BRAND in error;
}
