/** The work that goes on while faults happen: backfills, single runs and ingests of the lake, round after round, started by Temporal's client. */
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type Client } from '@temporalio/client';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import type { DayFile } from './data.js';
import { insist } from './insist.js';
import { TASK_QUEUE } from './project.js';

const STAR = 'chaos_star';
const LAKE = 'chaos_lake';
/** One is run by itself, the others by a backfill. */
const DATES_A_ROUND = 5;
const RUNS_AT_ONCE = 3;

export interface LoadProgress {
  readonly rounds: number;
  readonly backfills: number;
  /** Runs of the star schema: those of backfills, and single ones. */
  readonly starRuns: number;
  readonly lakeRuns: number;
}

/** What is under way when a soak does not end. */
export interface Load {
  progress(): LoadProgress;
  /** Workflow ids that have not ended. */
  open(): readonly string[];
  /** Rounds until `stop` is aborted, at least one. Then the days that were loaded. Throws when a run fails. */
  run(stop: AbortSignal): Promise<readonly DayFile[]>;
  /** One more ingest into the lake. */
  ingestLake(): Promise<void>;
}

const isFailure = (error: unknown): error is WorkflowFailedError => error instanceof WorkflowFailedError;

export function createLoad(client: Client, days: readonly DayFile[], signal: AbortSignal): Load {
  const progress = { rounds: 0, backfills: 0, starRuns: 0, lakeRuns: 0 };
  const open = new Set<string>();

  async function runToEnd(workflowType: string, workflowId: string, input: object): Promise<void> {
    open.add(workflowId);
    const firstExecution = await insist(() => start(workflowType, workflowId, input), signal);
    const handle = client.workflow.getHandle(workflowId, firstExecution);
    await insist(() => handle.result(), signal, isFailure).catch((error: unknown) => {
      throw isFailure(error)
        ? new Error(`${workflowId} failed: ${String(error.cause?.message)}`, { cause: error })
        : error;
    });
    open.delete(workflowId);
  }

  /** The id of the execution; undefined when an answer was lost and it runs already, as the latest of its id. */
  async function start(workflowType: string, workflowId: string, input: object): Promise<string | undefined> {
    const options = {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    };
    try {
      return (await client.workflow.start(workflowType, options)).firstExecutionRunId;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      throw error;
    }
  }

  async function backfill(dates: readonly DayFile[], round: number, reprocess: string): Promise<void> {
    const [from, to] = [dates[0]?.date, dates.at(-1)?.date];
    const input = { dagId: STAR, from, to, reprocess, maxActiveRuns: RUNS_AT_ONCE };
    await runToEnd('backfill', `chaos-backfill-${String(round)}`, input);
    progress.backfills += 1;
    progress.starRuns += dates.length;
  }

  async function runOne({ date }: DayFile, round: number): Promise<void> {
    await runToEnd(STAR, `chaos-single-${String(round)}`, { logicalDate: date });
    progress.starRuns += 1;
  }

  async function ingestLake(): Promise<void> {
    await runToEnd(LAKE, `chaos-lake-${String(progress.lakeRuns)}`, {});
    progress.lakeRuns += 1;
  }

  return {
    progress: () => ({ ...progress }),
    open: () => [...open],
    ingestLake,
    run: async (stop) => {
      const rounds = Math.floor(days.length / DATES_A_ROUND);
      for (let round = 0; round === 0 || !stop.aborted; round += 1) {
        const at = (round % rounds) * DATES_A_ROUND;
        const [single, ...rest] = days.slice(at, at + DATES_A_ROUND) as [DayFile, ...DayFile[]];
        // once all days are loaded, they are loaded again, which must change nothing
        const reprocess = round < rounds ? 'none' : 'completed';
        await Promise.all([backfill(rest, round, reprocess), runOne(single, round), ingestLake()]);
        progress.rounds += 1;
      }
      return days.slice(0, Math.min(progress.rounds, rounds) * DATES_A_ROUND);
    },
  };
}
