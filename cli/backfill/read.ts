/** Finds and reads backfills. */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { AirtempoError } from '../../core/errors.js';
import { BACKFILL, BACKFILL_MEMO } from '../../workflows/backfill-contract.js';
import type { BackfillMemo } from '../../workflows/backfill.js';
import type { BackfillReport } from '../../workflows/backfill-report.js';
import { readFailure } from '../workflow-failure.js';

/** A backfill as a listing knows it. */
export interface ListedBackfill {
  readonly id: string;
  /** Temporal's word: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED … */
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Absent until it has been planned. */
  readonly memo?: BackfillMemo;
}

/** A backfill as it stands. The report is absent while no worker is there to tell. */
export interface FollowedBackfill extends Omit<ListedBackfill, 'memo'>, Partial<BackfillReport> {
  readonly executionId: string;
  /** Why it failed, when it has. */
  readonly failure?: string;
}

/** The newest backfills first, without dry runs. */
export async function* listAllBackfills(client: Client): AsyncGenerator<ListedBackfill> {
  const query = `WorkflowType = "${BACKFILL}"`;
  for await (const { workflowId, status, startTime, closeTime, memo } of client.workflow.list({ query })) {
    const known = memo?.[BACKFILL_MEMO] as BackfillMemo | undefined; // written by our own workflow
    if (status.name === 'CONTINUED_AS_NEW' || known?.dryRun === true) continue;
    yield {
      id: workflowId,
      status: status.name,
      startedAt: startTime.toISOString(),
      ...(closeTime === undefined ? {} : { endedAt: closeTime.toISOString() }),
      ...(known === undefined ? {} : { memo: known }),
    };
  }
}

/** The id of a backfill given its own id or that of its DAG. Throws RUN_NOT_FOUND. */
export async function findBackfill(client: Client, idOrDag: string): Promise<string> {
  try {
    const { type } = await client.workflow.getHandle(idOrDag).describe();
    if (type === BACKFILL) return idOrDag;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  for await (const { id, memo } of listAllBackfills(client)) if (memo?.dagId === idOrDag) return id;
  throw new AirtempoError(
    'RUN_NOT_FOUND',
    `There is no backfill with the id ${JSON.stringify(idOrDag)}, and none of a DAG of that name. List them with "airtempo backfill list".`,
  );
}

/** Looks at a backfill once. */
export async function readBackfill(client: Client, id: string): Promise<FollowedBackfill> {
  const handle = client.workflow.getHandle(id);
  const { status, startTime, closeTime, runId } = await handle.describe();
  const report = await handle.query<BackfillReport, []>('state').catch(() => undefined); // no worker
  const failure = status.name === 'FAILED' ? await readFailure(client, id) : undefined;
  return {
    id,
    executionId: runId,
    status: status.name,
    startedAt: startTime.toISOString(),
    ...(closeTime === undefined ? {} : { endedAt: closeTime.toISOString() }),
    ...report,
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}

const POLL_MS = 300;

/** Yields the backfill at once, after every change, and at its end. Ends without an error when `signal` aborts. */
export async function* followBackfill(
  client: Client,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<FollowedBackfill> {
  let last = '';
  while (!signal.aborted) {
    const backfill = await readBackfill(client, id);
    const print = JSON.stringify([backfill.status, backfill.state, backfill.dates]);
    if (print !== last) yield backfill;
    last = print;
    if (backfill.status !== 'RUNNING') return;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
  }
}
