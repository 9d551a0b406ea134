/** `airtempo backfill create`: starts the workflow with the very JSON that any other tool would give it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { AirtempoError, ERROR_CODES, type ErrorCode } from '../../core/errors.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../core/workflow-options.js';
import { BACKFILL, BACKFILL_MEMO } from '../../workflows/backfill-contract.js';
import type { BackfillMemo, BackfillOutcome } from '../../workflows/backfill.js';
import { print, printJson, say } from '../output.js';
import { readConf } from '../read-conf.js';
import { runUrl, type TemporalSession } from '../temporal.js';
import { readFailure } from '../workflow-failure.js';
import { formatCounts, formatDryRun } from './render.js';
import { finishWatch } from './show.js';

export interface CreateOptions {
  readonly from: string;
  readonly to: string;
  readonly reprocess: string;
  readonly maxActiveRuns: number;
  readonly reverse?: boolean;
  readonly conf?: string;
  readonly tasks?: readonly string[];
  readonly stopOnFailure?: boolean;
  readonly dryRun?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly taskQueue: string;
}

export async function createBackfill(
  session: TemporalSession,
  dagId: string,
  options: CreateOptions,
): Promise<void> {
  const { client, target } = session;
  const { from, to, reprocess, maxActiveRuns, reverse, tasks, stopOnFailure, dryRun } = options;
  const conf = options.conf === undefined ? undefined : await readConf(options.conf);
  const input = { dagId, from, to, reprocess, maxActiveRuns, reverse, conf, tasks, stopOnFailure, dryRun };
  const id = createId(dagId, new Date());
  const handle = await client.workflow.start(BACKFILL, {
    workflowId: id,
    taskQueue: options.taskQueue,
    args: [input],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
  });
  const memo = await waitForPlan(session, handle);
  if (dryRun === true) return showDryRun(handle, options);
  const url = runUrl(target, id, handle.firstExecutionRunId);
  if (options.watch === true) {
    say(`Started ${id}${url === undefined ? '' : `  ${url}`}`);
    return finishWatch(session, id, options);
  }
  if (options.json === true) {
    printJson({ id, dagId, ...(memo === undefined ? {} : { total: memo.total }), url });
    return;
  }
  const what = memo === undefined ? '' : `: ${String(memo.total)} dates of ${dagId}`;
  print([`Started ${id}${what}`, ...(url === undefined ? [] : [url])].join('\n'));
  if (memo === undefined) say(`No worker of task queue ${options.taskQueue} has planned it yet.`);
}

function createId(dagId: string, now: Date): string {
  const second = now.toISOString().replace(/\.\d{3}Z$/, 'Z');
  return `backfill-${dagId}-${second}-${randomBytes(3).toString('hex')}`;
}

const PLAN_PATIENCE_MS = 15_000;
const POLL_MS = 100;

/** Waits until the backfill has been planned. Throws what it was refused with; undefined without a worker. */
async function waitForPlan(
  { client }: TemporalSession,
  handle: WorkflowHandle,
): Promise<BackfillMemo | undefined> {
  const deadline = performance.now() + PLAN_PATIENCE_MS;
  for (;;) {
    const { memo, status } = await handle.describe();
    const planned = memo?.[BACKFILL_MEMO] as BackfillMemo | undefined; // written by our own workflow
    if (planned !== undefined) return planned;
    if (status.name !== 'RUNNING') throw await toRefusal(client, handle.workflowId);
    if (performance.now() > deadline) return undefined;
    await delay(POLL_MS);
  }
}

async function toRefusal(client: TemporalSession['client'], id: string): Promise<AirtempoError> {
  const failure = await readFailure(client, id);
  const code = failure?.type ?? '';
  return new AirtempoError(
    Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INVALID_BACKFILL', // a key of the list: checked
    failure?.message ?? `The backfill ${id} ended before it began.`,
  );
}

async function showDryRun(handle: WorkflowHandle, { json, taskQueue }: CreateOptions): Promise<void> {
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') say(`Asking a worker of task queue ${taskQueue} …`);
  const { dates = [], counts, backfill, total } = (await handle.result()) as BackfillOutcome;
  if (json === true) {
    printJson({ backfill, total, counts, dates });
    return;
  }
  print(formatDryRun(dates, backfill?.timezone ?? 'UTC'));
  const { left, ...others } = counts;
  const rest = formatCounts({ ...others, left: 0 });
  print(
    `\n${String(left)} of ${String(total)} dates would be run${rest === '' ? '' : ` (${rest})`}. Nothing was started.`,
  );
}
