/** Finds and reads streams. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { AirtempoError } from '../../../core/errors.js';
import { findStream, type FoundStream } from '../../../schedules/stream-schedules.js';
import type { StreamReport } from '../../../workflows/stream-report.js';
import { readFailure } from '../../workflow-failure.js';

/** A stream as it stands. The report is absent while no worker is there to tell, and before the first start. */
export interface ShownStream extends Partial<Omit<StreamReport, 'state'>> {
  readonly name: string;
  /** `down`: it does not run, and will be started again within a minute. */
  readonly state: StreamReport['state'] | 'starting' | 'down';
  readonly workflowId?: string;
  /** Why it is down, or what its last try met. */
  readonly problem?: string;
  /** Of the portion that is being tried, when it is not the first try. */
  readonly tryNumber?: number;
}

/** Throws RUN_NOT_FOUND. */
export async function findNamed(client: Client, name: string): Promise<FoundStream> {
  const found = await findStream(client, name);
  if (found !== undefined) return found;
  throw new AirtempoError(
    'RUN_NOT_FOUND',
    `There is no stream ${JSON.stringify(name)}. List them with "airtempo kafka stream list".`,
  );
}

/** Looks at a stream once. */
export async function readStream(client: Client, { name, workflow }: FoundStream): Promise<ShownStream> {
  if (workflow === undefined) return { name, state: 'starting' };
  const { workflowId, status } = workflow;
  if (status.name !== 'RUNNING') {
    const failure = await readFailure(client, workflowId);
    const problem = failure?.message ?? `It ended as ${status.name.toLowerCase()}.`;
    return { name, state: 'down', workflowId, problem };
  }
  const report = await client.workflow
    .getHandle(workflowId)
    .query<StreamReport, []>('state')
    .catch(() => undefined); // no worker
  const noWorker = { problem: 'No worker answers: start one with "airtempo worker".' };
  const base = { name, workflowId, ...(report ?? { state: 'running' as const, ...noWorker }) };
  return { ...base, ...readAttempt(workflow) };
}

/** What a portion met that is being tried again. */
function readAttempt({ raw }: WorkflowExecutionDescription): Pick<ShownStream, 'problem' | 'tryNumber'> {
  const [pending] = raw.pendingActivities ?? [];
  const message = pending?.lastFailure?.message;
  if (message === undefined || message === null) return {};
  return { problem: message, tryNumber: Number(pending?.attempt ?? 1) };
}
