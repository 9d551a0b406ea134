/**
 * The updates of a run: each parses its input and refuses what makes no sense before anything is recorded, so that the
 * Web UI's dialogs, `temporal workflow update` and airtempo's commands all meet the same rules.
 */
import {
  ApplicationFailure,
  defineQuery,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { AirtempoError, isAirtempoError, type ErrorCode } from '../core/errors.js';
import type { TaskState } from '../core/states.js';
import type { RetryNowCall } from './contract.js';
import { RETRY_NOW } from './contract.js';
import type { DagRun } from './dag-run-shell.js';
import {
  parseApproveRequest,
  parseClearRequest,
  parseMarkRunRequest,
  parseMarkTaskRequest,
  parsePreviewRequest,
  parseRetryNowRequest,
} from './repairs.js';

/** The answer of an update: what was done, in a sentence, and the tasks it was done to. */
export interface RepairAnswer {
  readonly done: string;
  readonly tasks?: readonly string[];
}

/** What an update would do to which tasks, or why it would be refused. */
export type RepairPreview =
  | { readonly tasks: readonly { readonly id: string; readonly state: TaskState }[] }
  | { readonly refused: { readonly code: ErrorCode; readonly message: string } }
  | { readonly planned: false };

/** Changes nothing, and so is answered by closed runs too. Input: the update's name and its input. */
export const previewQuery = defineQuery<RepairPreview, [unknown?]>('preview');

const { [RETRY_NOW]: retryNow } = proxyLocalActivities<{ [RETRY_NOW](call: RetryNowCall): Promise<string> }>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 3 },
});

interface Repairing<Request> {
  readonly name: string;
  readonly description: string;
  readonly parse: (input: unknown) => Request;
  /** Throws when the request makes no sense now. */
  readonly check?: (run: DagRun, request: Request) => void;
  /** The tasks that it is about. Default: none in particular. */
  readonly select?: (run: DagRun, request: Request) => readonly string[];
  readonly apply: (run: DagRun, request: Request) => RepairAnswer | Promise<RepairAnswer>;
}

/** Registers the updates. `current` is the run, once it has been planned. */
export function registerRepairs(current: () => DagRun | undefined): void {
  const selectors = new Map<string, (input: unknown) => RepairPreview>();
  const register = <Request>(repairing: Repairing<Request>): void =>
    void selectors.set(repairing.name, registerOne(repairing, current));
  setHandler(previewQuery, (input) => preview(selectors, input), {
    description:
      'What an update would do, without doing it. Input: {"update":"clear","input":{"taskRegex":"^load_","downstream":true}}.',
  });
  register({
    name: 'clear',
    description:
      'Runs tasks again, keeping the rest. Input: {"taskRegex":"^load_","upstream":false,"downstream":true,"onlyFailed":false}, or {"tasks":["load"]}.',
    parse: parseClearRequest,
    select: (run, request) => run.selectForClear(request),
    apply: (run, request) => {
      const tasks = run.clear(request);
      return { done: `cleared ${String(tasks.length)} tasks`, tasks };
    },
  });
  register({
    name: 'mark_task',
    description:
      'Sets the state of a task. Input: {"task":"load","state":"success|failed|skipped","note":"why"}.',
    parse: parseMarkTaskRequest,
    check: (run, { task }) => void run.stateOf(task),
    select: (_run, { task }) => [task],
    apply: (run, request) => {
      run.markTask(request);
      return { done: `marked ${request.task} as ${request.state}`, tasks: [request.task] };
    },
  });
  register({
    name: 'mark_run',
    description:
      'Ends the run with this result; teardowns still run. Input: {"state":"success|failed","note":"why"}.',
    parse: parseMarkRunRequest,
    apply: (run, request) => {
      run.markRun(request);
      return { done: `marked the run as ${request.state}` };
    },
  });
  register({
    name: 'pause',
    description: 'Starts no further task until "resume"; tasks that run go on. No input.',
    parse: () => undefined,
    apply: (run) => {
      run.pause();
      return { done: 'paused the run: what runs goes on, nothing new is started' };
    },
  });
  register({
    name: 'resume',
    description: 'Lets a paused run go on. No input.',
    parse: () => undefined,
    apply: (run) => {
      run.resume();
      return { done: 'resumed the run' };
    },
  });
  register({
    name: 'retry_now',
    description: 'Starts the next try of a task that waits for it. Input: {"task":"load"}.',
    parse: parseRetryNowRequest,
    check: checkRunning,
    apply: async (_run, { task }) => ({ done: await tryAgain(task), tasks: [task] }),
  });
  register({
    name: 'approve',
    description:
      'Decides about an approval task. Input: {"task":"publish","approved":true,"by":"your name","comment":"why"}.',
    parse: parseApproveRequest,
    check: (run, { task }) => {
      if (!run.isAwaitingApproval(task)) throw notWaiting(run, task);
    },
    apply: (run, request) => {
      run.approve(request);
      return { done: `${request.approved ? 'approved' : 'rejected'} ${request.task}`, tasks: [request.task] };
    },
  });
}

/** Registers one update; returns what says which tasks it would be about. */
function registerOne<Request>(
  repairing: Repairing<Request>,
  current: () => DagRun | undefined,
): (input: unknown) => RepairPreview {
  const { name, description, parse, check, select, apply } = repairing;
  const prepare = (input: unknown): { run: DagRun; request: Request; tasks: readonly string[] } => {
    const run = current();
    if (run === undefined) {
      throw new AirtempoError(
        'INVALID_RUN_INPUT',
        'The run has not been planned yet. Try again in a moment.',
      );
    }
    const request = parse(input);
    check?.(run, request);
    return { run, request, tasks: select?.(run, request) ?? [] };
  };
  const validate = (input?: unknown): void => {
    try {
      prepare(input);
    } catch (error) {
      throw toRefusal(error);
    }
  };
  setHandler(
    defineUpdate<RepairAnswer, [unknown?]>(name),
    async (input?: unknown) => {
      try {
        const { run, request } = prepare(input);
        return await apply(run, request);
      } catch (error) {
        throw toRefusal(error); // as it is, it would fail the Workflow Task, and with it every later one
      }
    },
    { description, validator: validate },
  );
  return (input) => {
    if (current() === undefined) return { planned: false };
    const { run, tasks } = prepare(input);
    return { tasks: tasks.map((id) => ({ id, state: run.stateOf(id) })) };
  };
}

function preview(
  selectors: ReadonlyMap<string, (input: unknown) => RepairPreview>,
  value: unknown,
): RepairPreview {
  try {
    const { update, input } = parsePreviewRequest(value, [...selectors.keys()]);
    return selectors.get(update)?.(input) ?? { tasks: [] };
  } catch (error) {
    if (isAirtempoError(error)) return { refused: { code: error.code, message: error.message } };
    throw error;
  }
}

/** What whoever asked is told: the code as the failure's type, as everywhere. */
function toRefusal(error: unknown): unknown {
  return isAirtempoError(error) ? ApplicationFailure.nonRetryable(error.message, error.code) : error;
}

function checkRunning(run: DagRun, { task }: { readonly task: string }): void {
  const state = run.stateOf(task);
  if (state === 'running') return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `Task ${task} is ${state}, so it has no next try to wait for. To run it again, clear it.`,
  );
}

function notWaiting(run: DagRun, task: string): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `Task ${task} waits for no decision: it is ${run.stateOf(task)}. Name a running approval task.`,
  );
}

function tryAgain(taskId: string): Promise<string> {
  const { workflowId, runId } = workflowInfo();
  return retryNow({ workflowId, executionId: runId, taskId });
}
