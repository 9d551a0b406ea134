/**
 * Runs one try of one task: finds its code, evaluates its arguments, calls the handler and stores the
 * output. Knows nothing of Temporal, so that `dags test` runs tasks by the very same code.
 */
import { evaluateArgs } from '../core/args.js';
import type { Connection } from '../core/connection.js';
import type { DagRuns } from '../core/dag-runs.js';
import type {
  ReadVariable,
  RunContext,
  TaskConnectionStore,
  TaskContext,
  TaskLogger,
} from '../core/context.js';
import { IN_PLACE_OPERATORS } from '../core/in-place-operator.js';
import type { Dag, TaskCode } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import type { DatasetUse } from '../core/lineage.js';
import type { Operator } from '../core/operator.js';
import { isTaskSkipped } from '../core/outcome.js';
import { createRunContext } from '../core/run-facts.js';
import { isNotYet, type NotYet } from '../core/sensor.js';
import { messageOf } from '../core/outside-value.js';
import type { TaskCall, TaskResult } from '../workflows/contract.js';
import { findNonJson } from './find-non-json.js';
import type { Caller } from './dag-runs.js';
import { readItem } from './map-items.js';
import type { RunsClient } from './runs-client.js';
import { decideControl } from './task-control.js';
import type { XComStore } from './xcom-store.js';

type TaskSuccess = Extract<TaskResult, { readonly state: 'success' }>;

/** What a worker has at hand for every task. */
export interface TaskEnvironment {
  readonly dags: ReadonlyMap<string, Dag>;
  /** Operators by name, for tasks that the current DAG files no longer have. */
  readonly operators: ReadonlyMap<string, Operator<never, unknown>>;
  readonly connection: (connId: string) => Promise<Connection>;
  readonly connectionStore: TaskConnectionStore;
  readonly variable: ReadVariable;
  readonly xcom: XComStore;
  /** Other runs; absent where a DAG runs without Temporal. */
  readonly runs?: RunsClient;
  /** The same for handlers, as one task may see it. */
  readonly dagRuns?: (caller: Caller) => DagRuns;
}

/** One try, as whoever runs it sees it. */
export interface Attempt {
  readonly operatorName: string;
  readonly tryNumber: number;
  /** The same for each try of one execution of the task. */
  readonly taskKey: string;
  readonly signal: AbortSignal;
  readonly log: TaskLogger;
  /** Names the run; outputs are stored under it. */
  readonly xcomPrefix: string;
  readonly lastHeartbeat: unknown;
  /** Whose doings a later try is to know again; absent without Temporal. */
  readonly caller?: Caller;
  heartbeat(details?: unknown): void;
  lineage(use: DatasetUse): void;
}

/** How a try can end: as the task's end, or a sensor has to be asked again. */
export type TryResult = TaskResult | NotYetResult;

/** What a sensor waits for is not there yet. */
export interface NotYetResult {
  readonly state: 'not_yet';
  readonly reason: string;
  readonly againInMs?: number;
}

/** Runs the try to its end. Throws what the handler throws, but for a skip, which is a result. */
export async function executeTask(
  call: TaskCall,
  attempt: Attempt,
  env: TaskEnvironment,
): Promise<TryResult> {
  const run = createRunContext(call.run);
  const code = findCode(call, attempt.operatorName, env);
  try {
    const args = await evaluate(call, code, run, { env, xcomPrefix: attempt.xcomPrefix });
    const ctx = createTaskContext(call, attempt, run, env);
    const input = { args, ctx } as never; // args were checked by `evaluate`
    if (call.event === 'cancelled') {
      await code.operator.sensor?.onCancel?.(input);
      return { state: 'success' };
    }
    const returned = await code.operator(input);
    if (isNotYet(returned)) return toNotYet(returned);
    const { output, branch } = decideControl(code.operator, returned, run, env.dags.get(run.dagId)?.schedule);
    const result = await toResult(output, call, attempt, env);
    return branch === undefined ? result : { ...result, branch };
  } catch (error) {
    if (isTaskSkipped(error)) return { state: 'skipped', reason: error.message };
    throw error;
  }
}

function toNotYet({ reason, againInMs }: NotYet): NotYetResult {
  return { state: 'not_yet', reason, ...(againInMs === undefined ? {} : { againInMs }) };
}

/** The worker's current code for the task; for a task that is no longer in the DAG file, its operator alone. */
function findCode(call: TaskCall, operatorName: string, env: TaskEnvironment): TaskCode {
  const current = env.dags.get(call.run.dagId)?.code.get(call.map?.of ?? call.taskId);
  if (current?.operator.operatorName === operatorName) return current;
  const operator = IN_PLACE_OPERATORS.has(operatorName) ? undefined : env.operators.get(operatorName);
  if (operator !== undefined) return { operator, functions: new Map(), callbacks: {} };
  throw new AirtempoError(
    'TASK_CODE_MISSING',
    `This worker has no code for task ${call.taskId} of DAG ${call.run.dagId} (operator ${operatorName}). ` +
      `The DAG file was edited after the run began, or this worker loads other DAG files: deploy the former file, or start a new run.`,
  );
}

async function evaluate(
  call: TaskCall,
  code: TaskCode,
  run: RunContext,
  { env, xcomPrefix }: { readonly env: TaskEnvironment; readonly xcomPrefix: string },
): Promise<unknown> {
  const readShared = (taskId: string): Promise<unknown> =>
    env.xcom.getShared(call.inputs?.[taskId], xcomPrefix);
  const raw = await evaluateArgs(call.args, {
    output: (taskId) => env.xcom.get(call.inputs?.[taskId], xcomPrefix),
    item: (key) => readItem(key, call.map?.index ?? 0, call.map?.sources ?? [], readShared),
    functionAt: (path) => code.functions.get(path),
    run: { ...run, variable: env.variable },
  });
  try {
    return code.operator.args === undefined ? raw : code.operator.args.parse(raw);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `Task ${call.taskId}: the arguments do not fit operator ${code.operator.operatorName}: ${describeIssues(cause)}`,
      { cause },
    );
  }
}

/** zod's issues as `path: message`; another parser's own message. */
export function describeIssues(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'issues' in error && Array.isArray(error.issues)) {
    const issues = error.issues as { readonly path: readonly PropertyKey[]; readonly message: string }[];
    return issues
      .map(
        (issue) =>
          `${issue.path.length === 0 ? '(root)' : issue.path.map(String).join('.')}: ${issue.message}`,
      )
      .join('; ');
  }
  return messageOf(error);
}

function createTaskContext(
  call: TaskCall,
  attempt: Attempt,
  run: RunContext,
  env: TaskEnvironment,
): TaskContext {
  return {
    ...run,
    taskId: call.map?.of ?? call.taskId,
    mapIndex: call.map?.index ?? -1,
    tryNumber: attempt.tryNumber,
    taskKey: attempt.taskKey,
    signal: attempt.signal,
    log: attempt.log,
    heartbeat: (details) => attempt.heartbeat(checkHeartbeat(details, call.taskId)),
    lastHeartbeat: attempt.lastHeartbeat,
    connection: env.connection,
    connectionStore: env.connectionStore,
    variable: env.variable,
    lineage: (use) => attempt.lineage(use),
    runs:
      env.dagRuns === undefined || attempt.caller === undefined
        ? refuseRuns(call)
        : env.dagRuns(attempt.caller),
  };
}

/** In `dags test` there is no Temporal to ask. */
function refuseRuns({ taskId, run }: TaskCall): DagRuns {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new AirtempoError(
        'INVALID_RUN_INPUT',
        `Task ${taskId} asks for runs of other DAGs, and "airtempo dags test" has no Temporal to ask. ` +
          `Start a real run with "airtempo dags trigger ${run.dagId}".`,
      ),
    );
  return {
    trigger: refuse,
    findTriggered: refuse,
    list: refuse,
    taskState: refuse,
    failureOf: refuse,
    cancel: refuse,
  };
}

/** Progress is an id or a count, and every heartbeat carries it. */
const MAX_HEARTBEAT_BYTES = 16 * 1024;

function checkHeartbeat(details: unknown, taskId: string): unknown {
  const problem = findNonJson(details, { jsonForms: 'allowed' });
  const bytes = problem === undefined ? Buffer.byteLength(JSON.stringify(details ?? null)) : 0;
  if (problem === undefined && bytes <= MAX_HEARTBEAT_BYTES) return details;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `Task ${taskId} called ctx.heartbeat with a value that ${problem === undefined ? `is ${String(bytes)} bytes long` : `is not JSON: ${problem}`}. ` +
      `Report ids and counts, at most ${String(MAX_HEARTBEAT_BYTES)} bytes of JSON.`,
  );
}

async function toResult(
  output: unknown,
  call: TaskCall,
  attempt: Attempt,
  env: TaskEnvironment,
): Promise<TaskSuccess> {
  if (output === undefined) return { state: 'success' };
  const value = toJson(output, call.taskId);
  const stored = await env.xcom.put(`${attempt.xcomPrefix}/${call.taskId}`, value, call.inlineBytes);
  return { state: 'success', output: stored };
}

/** Proves that the output is JSON, and returns what downstream tasks will see. */
function toJson(output: unknown, taskId: string): JsonValue {
  let text: string | undefined; // JSON.stringify gives none for a function: refused below
  try {
    text = JSON.stringify(output);
  } catch (cause) {
    throw invalidOutput(taskId, messageOf(cause), cause);
  }
  const problem = findNonJson(output, { jsonForms: 'allowed' });
  if (problem !== undefined) throw invalidOutput(taskId, problem);
  return JSON.parse(text ?? 'null') as JsonValue;
}

function invalidOutput(taskId: string, reason: string, cause?: unknown): AirtempoError {
  return new AirtempoError(
    'INVALID_OUTPUT',
    `Task ${taskId} returned a value that is not JSON: ${reason}. Return strings, numbers, booleans, null, arrays or plain objects.`,
    { cause },
  );
}
