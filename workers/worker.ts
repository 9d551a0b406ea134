/**
 * The worker: connects the DAG-run workflow, the operators and the connections to Temporal. The
 * composition root of a worker process.
 */
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { SHIPPED_OPERATORS } from '../activities/index.js';
import type { PayloadCipher } from '../connections/payload-cipher.js';
import type { ConnectionRegistry } from '../connections/registry.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import { NO_VARIABLES, type VariableRegistry } from '../connections/variables.js';
import type { TaskConnectionStore } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import type { Operator } from '../core/operator.js';
import {
  NOTIFY,
  PLAN_RUN,
  EXPAND_MAP,
  RETRY_NOW,
  type ExpandRequest,
  WAIT_FOR_PAST,
  type RetryNowCall,
} from '../workflows/contract.js';
import { NO_CONNECTION_STORE } from './task-connection-store.js';
import { createActivityInterceptors } from './activity-interceptor.js';
import { createBackfillActivities } from './backfill-activities.js';
import type { TaskEnvironment } from './execute-task.js';
import type { Logger } from './logger.js';
import { combineObservers, type Observer } from './observe/observer.js';
import { createRunSinks } from './observe/run-sinks.js';
import { DEFAULT_TASK_QUEUE, WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import { createNotifyActivity, type RunUrl } from './notify-activity.js';
import { createPastActivity } from './past-activity.js';
import { toDataConverter } from './payload-codec.js';
import { createPlanActivity } from './plan-activity.js';
import { retryNow } from './retry-now.js';
import { createRunSlotActivities } from './run-slot-activities.js';
import { createDagRuns } from './dag-runs.js';
import { expandMap } from './expand-map.js';
import { createRunsClient } from './runs-client.js';
import { HEARTBEAT_EVERY_MS } from './pulse.js';
import { createStreamActivities } from './stream-activities.js';
import { createTaskActivity } from './task-activity.js';
import type { TaskLogStore } from './task-logs.js';
import { toDeploymentOptions, type WorkerVersion } from './worker-version.js';
import type { XComStore } from './xcom-store.js';

/** What a worker is made of. */
export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Default `airtempo`. */
  readonly taskQueue?: string;
  readonly dags: ReadonlyMap<string, Dag>;
  readonly registry: ConnectionRegistry;
  /** Where tasks keep connections. Default: nowhere. */
  readonly connectionStore?: TaskConnectionStore | undefined;
  /** Default: there are none. */
  readonly variables?: VariableRegistry | undefined;
  readonly scrubber: SecretScrubber;
  readonly xcom: XComStore;
  readonly logger: Logger;
  readonly workflowBundle: WorkflowBundleOption;
  /** How many tasks this process runs at once. Default 100. */
  readonly slots?: number;
  /** How the worker is named in histories and in the Web UI. Default `<pid>@<host>`. */
  readonly identity?: string;
  /** Where the log of each try is kept. Default: nowhere; the worker's own log has all lines. */
  readonly taskLogs?: TaskLogStore;
  /** Where callbacks are told that a run is shown. Default: they are not told. */
  readonly runUrl?: RunUrl;
  /** Which version this worker is, where versions are deployed side by side. Default: workers have none. */
  readonly version?: WorkerVersion | undefined;
  /** Encrypts what goes into histories. Default: nobody does. */
  readonly payloadCipher?: PayloadCipher | undefined;
  /** Who watches runs and tries. Default: nobody. */
  readonly observers?: readonly Observer[];
}

/**
 * Running tasks get so long to end after SIGTERM. Then their try is cancelled: a task with retries left is tried
 * again elsewhere, one without fails.
 */
const SHUTDOWN_GRACE = '30s';
/** A run in the cache costs about 0.3 MB; a cache without bound ends the process on a busy night. */
const MAX_CACHED_RUNS = 300;
const DEFAULT_SLOTS = 100;

/**
 * How long a step of a workflow's code may take. The SDK's own limit, five seconds, is not among its documented options; on a
 * busy machine the replay of ten thousand tasks takes longer, was broken off, and begun again.
 */
const PATIENT = { isolateExecutionTimeout: WORKFLOW_TASK_TIMEOUT_MS };

/** The worker that runs DAGs: their workflows and their tasks. */
export function createDagWorker(parts: WorkerParts): Promise<Worker> {
  return Worker.create({
    ...commonOptions(parts),
    taskQueue: parts.taskQueue ?? DEFAULT_TASK_QUEUE,
    workflowBundle: parts.workflowBundle,
    maxCachedWorkflows: MAX_CACHED_RUNS,
    ...PATIENT,
    maxConcurrentActivityTaskExecutions: parts.slots ?? DEFAULT_SLOTS,
  });
}

/** A worker for one pool: only its tasks, at most `slots` at once. */
export function createPoolWorker(parts: WorkerParts, pool: string, slots: number): Promise<Worker> {
  return Worker.create({
    ...commonOptions(parts),
    taskQueue: pool,
    maxConcurrentActivityTaskExecutions: slots,
  });
}

type CommonOptions = Pick<
  Parameters<typeof Worker.create>[0],
  | 'connection'
  | 'dataConverter'
  | 'identity'
  | 'namespace'
  | 'activities'
  | 'interceptors'
  | 'sinks'
  | 'shutdownGraceTime'
  | 'workerDeploymentOptions'
  | 'maxHeartbeatThrottleInterval'
>;

function commonOptions(parts: WorkerParts): CommonOptions {
  const { connection, namespace, dags, scrubber, logger, identity, runUrl } = parts;
  const converter = toDataConverter(parts.payloadCipher);
  const client = new Client({ connection, namespace, ...converter });
  const runs = createRunsClient(client);
  const taskQueue = parts.taskQueue ?? DEFAULT_TASK_QUEUE; // of runs, also for the worker of a pool
  const env: TaskEnvironment = {
    ...createTaskEnvironment(parts),
    runs,
    dagRuns: (caller) => createDagRuns({ runs, dags, taskQueue }, caller),
  };
  const observer = combineObservers(parts.observers ?? [], logger);
  return {
    connection,
    namespace,
    ...converter,
    ...(identity === undefined ? {} : { identity }),
    ...toDeploymentOptions(parts.version),
    activities: {
      [PLAN_RUN]: createPlanActivity(dags, observer),
      [NOTIFY]: createNotifyActivity(env, { logger, runUrl }),
      [EXPAND_MAP]: (request: ExpandRequest) => expandMap(request, parts.xcom),
      [RETRY_NOW]: (call: RetryNowCall) => retryNow(client, call),
      [WAIT_FOR_PAST]: createPastActivity({ dags, runs }),
      ...createBackfillActivities({ client, dags, runs }),
      ...createRunSlotActivities(client, runs),
      ...createStreamActivities({ connection: env.connection, logger, scrubber, observer }),
      default: createTaskActivity(env, { logger, scrubber, observer, taskLogs: parts.taskLogs, runUrl }), // the dynamic activity: any operator
    },
    sinks: createRunSinks(observer),
    interceptors: { activity: [createActivityInterceptors(scrubber)] },
    shutdownGraceTime: SHUTDOWN_GRACE,
    maxHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
  };
}

/** What tasks need, from a worker's parts. */
export function createTaskEnvironment(
  parts: Pick<WorkerParts, 'dags' | 'registry' | 'connectionStore' | 'variables' | 'xcom'>,
): TaskEnvironment {
  return {
    dags: parts.dags,
    operators: collectOperators(parts.dags),
    connection: (connId) => parts.registry.get(connId),
    connectionStore: parts.connectionStore ?? NO_CONNECTION_STORE,
    variable: (parts.variables ?? NO_VARIABLES).read,
    xcom: parts.xcom,
  };
}

/** The shipped operators and those that the loaded DAGs use. */
function collectOperators(dags: ReadonlyMap<string, Dag>): ReadonlyMap<string, Operator<never, unknown>> {
  const operators = new Map(SHIPPED_OPERATORS);
  for (const dag of dags.values()) {
    for (const { operator } of dag.code.values()) operators.set(operator.operatorName, operator);
  }
  return operators;
}
