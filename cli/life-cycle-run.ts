/** Runs a life-cycle DAG for a command: on the workers, so that it goes on when the terminal is closed. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { AirtempoError } from '../core/errors.js';
import type { App } from './app.js';
import type { FollowedRun } from './follow-run.js';
import { say } from './output.js';
import { runUrl, withTemporal } from './temporal.js';
import { watchRun } from './watch.js';

export interface LifeCycleRequest {
  readonly dagId: string;
  /** Names what is created or ended: of one DAG and one name, one run goes on at a time. */
  readonly name: string;
  readonly conf: Readonly<Record<string, unknown>>;
  readonly taskQueue: string;
  /** What to ask when the watching was interrupted. */
  readonly askLater: string;
}

/**
 * Starts the run and follows it to its end. Ctrl-C ends the watching, not the run. Throws CLUSTER_FAILED with the run's
 * own words when it fails.
 */
export async function runLifeCycle(app: App, request: LifeCycleRequest): Promise<FollowedRun> {
  return withTemporal(app, async ({ client, target }) => {
    const run = await startOrJoin(client, request);
    const { workflowId } = run;
    const url = runUrl(target, workflowId, run.executionId);
    say(`${run.joined ? 'Joined' : 'Started'} ${workflowId}${url === undefined ? '' : `  ${url}`}`);
    const stop = new AbortController();
    const interrupt = (): void => stop.abort(interrupted(workflowId, request.askLater));
    process.once('SIGINT', interrupt);
    try {
      const ended = await watchRun(client, workflowId, stop.signal);
      if (ended.state === 'success') return ended;
      throw new AirtempoError(
        'CLUSTER_FAILED',
        ended.failure ?? `Run ${workflowId} ended as ${ended.status}.`,
      );
    } catch (error) {
      throw stop.signal.aborted ? (stop.signal.reason as AirtempoError) : error;
    } finally {
      process.off('SIGINT', interrupt);
    }
  });
}

interface JoinedRun {
  readonly workflowId: string;
  readonly executionId: string;
  /** Whether somebody else has started it. */
  readonly joined: boolean;
}

/** Two commands at once must not make two clusters: the second one watches the run of the first. */
async function startOrJoin(
  client: Client,
  { dagId, name, conf, taskQueue }: LifeCycleRequest,
): Promise<JoinedRun> {
  const workflowId = `${dagId}-${name}`;
  try {
    const input = { conf };
    const handle = await client.workflow.start(dagId, { workflowId, taskQueue, args: [input] });
    return { workflowId, executionId: handle.firstExecutionRunId, joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    return { workflowId, executionId: runId, joined: true };
  }
}

function interrupted(workflowId: string, askLater: string): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `Stopped watching; run ${workflowId} goes on. Watch it with "airtempo runs watch ${workflowId}", cancel it with ` +
      `"airtempo runs cancel ${workflowId}", or ask with "${askLater}".`,
  );
}
