/**
 * The updates of a run: each parses its input and refuses what makes no sense before anything is recorded, so that the
 * Web UI's dialogs, `temporal workflow update` and airtempo's commands all meet the same rules.
 */
import {
  ApplicationFailure,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { AirtempoError, isAirtempoError } from '../core/errors.js';
import type { RetryNowCall } from './contract.js';
import { RETRY_NOW } from './contract.js';
import type { DagRun } from './dag-run-shell.js';
import {
  parseApproveRequest,
  parseClearRequest,
  parseMarkRunRequest,
  parseMarkTaskRequest,
  parseRetryNowRequest,
} from './repairs.js';

/** The answer of an update: what was done, in a sentence, and the tasks it was done to. */
export interface RepairAnswer {
  readonly done: string;
  readonly tasks?: readonly string[];
}

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
  readonly apply: (run: DagRun, request: Request) => RepairAnswer | Promise<RepairAnswer>;
}

/** Registers the updates. `current` is the run, once it has been planned. */
export function registerRepairs(current: () => DagRun | undefined): void {
  const register = <Request>(repairing: Repairing<Request>): void => registerOne(repairing, current);
  register({
    name: 'clear',
    description:
      'Runs tasks again, keeping the rest. Input: {"taskRegex":"^load_","upstream":false,"downstream":true,"onlyFailed":false}, or {"tasks":["load"]}.',
    parse: parseClearRequest,
    check: (run, request) => void run.selectForClear(request),
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

function registerOne<Request>(repairing: Repairing<Request>, current: () => DagRun | undefined): void {
  const { name, description, parse, check, apply } = repairing;
  const prepare = (input: unknown): [DagRun, Request] => {
    const run = current();
    if (run === undefined) {
      throw refusal('INVALID_RUN_INPUT', 'The run has not been planned yet. Try again in a moment.');
    }
    const request = parse(input);
    check?.(run, request);
    return [run, request];
  };
  setHandler(
    defineUpdate<RepairAnswer, [unknown?]>(name),
    async (input?: unknown) => {
      try {
        const [run, request] = prepare(input);
        return await apply(run, request);
      } catch (error) {
        // anything else would fail the Workflow Task, and with it every later one
        if (isAirtempoError(error)) throw refusal(error.code, error.message);
        throw error;
      }
    },
    { description, validator: (input?: unknown) => void prepare(input) },
  );
}

function refusal(code: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code);
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
