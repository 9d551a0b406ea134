/** Makes one repair of one run: by an update while it runs, else by taking it up again. */
import { AirtempoError } from '../../core/errors.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { Repair } from '../../workflows/repairs.js';
import { runUrl, type TemporalSession } from '../temporal.js';
import { previewRepair, updateRun } from './ask-run.js';
import { findRun, isOpen } from './find-run.js';
import { takeUp } from './take-up.js';

/** A repair that was made. */
export interface RepairedRun {
  readonly workflowId: string;
  /** Temporal's id of the execution that goes on. */
  readonly executionId: string;
  /** What was done, in a sentence. */
  readonly done: string;
  readonly tasks?: readonly string[];
  /** Its page in the Web UI, when known. */
  readonly url?: string;
}

/** Repairs a run, whatever its status. Throws RUN_NOT_FOUND, NO_WORKER, or why the repair makes no sense. */
export async function repairRun(
  session: TemporalSession,
  workflowId: string,
  repair: Repair,
): Promise<RepairedRun> {
  const { client } = session;
  const run = await findRun(client, workflowId);
  if (isOpen(run)) {
    const { kind, ...input } = repair;
    const answer = await updateRun(client, run, kind, input);
    if (answer !== 'closed') return describeRepair(session, run, answer);
  }
  const closed = await findRun(client, workflowId); // it may have ended, or gone on in a new history, meanwhile
  if (isOpen(closed)) throw endedMeanwhile(closed);
  const tasks = await previewRepair(client, closed, repair);
  const executionId = await takeUp(session, closed, [repair]);
  const ids = tasks.map(({ id }) => id);
  return describeRepair(
    session,
    { ...closed, executionId },
    { done: `${describeDone(repair, ids.length)}, and took the run up again`, tasks: ids },
  );
}

/** Lets a closed run go on with its unfinished tasks, changing nothing else. */
export async function resumeClosedRun(session: TemporalSession, run: RunSummary): Promise<RepairedRun> {
  const executionId = await takeUp(session, run, []);
  return describeRepair(session, { ...run, executionId }, { done: 'took the run up again where it stopped' });
}

/** Asks something of a run that only a running one can do. Throws INVALID_ARGUMENT for a closed one. */
export async function askOpenRun(
  session: TemporalSession,
  workflowId: string,
  update: string,
  input?: unknown,
): Promise<RepairedRun> {
  const run = await findRun(session.client, workflowId);
  const answer = isOpen(run) ? await updateRun(session.client, run, update, input) : 'closed';
  if (answer === 'closed') throw hasEnded(await findRun(session.client, workflowId), update);
  return describeRepair(session, run, answer);
}

/** Why a closed run cannot be asked for this. */
export function hasEnded({ workflowId, status }: RunSummary, what: string): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `The run ${workflowId} has ended (${status}), so "${what}" has nothing to act on. To run tasks of it again: "airtempo tasks clear ${workflowId}".`,
  );
}

function endedMeanwhile({ workflowId }: RunSummary): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `The run ${workflowId} ended and was started anew in this very moment. See "airtempo runs show ${workflowId}", then repeat the command.`,
  );
}

function describeDone(repair: Repair, tasks: number): string {
  if (repair.kind === 'clear') return `cleared ${String(tasks)} ${tasks === 1 ? 'task' : 'tasks'}`;
  return repair.kind === 'mark_task'
    ? `marked ${repair.task} as ${repair.state}`
    : `marked the run as ${repair.state}`;
}

function describeRepair(
  { target }: TemporalSession,
  { workflowId, executionId }: RunSummary,
  { done, tasks }: Pick<RepairedRun, 'done' | 'tasks'>,
): RepairedRun {
  const url = runUrl(target, workflowId, executionId);
  return {
    workflowId,
    executionId,
    done,
    ...(tasks === undefined ? {} : { tasks }),
    ...(url === undefined ? {} : { url }),
  };
}
