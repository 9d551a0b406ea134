/** `airtempo backfill pause`, `unpause` and `cancel`. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { AirtempoError } from '../../core/errors.js';
import type { BackfillStanding } from '../../workflows/backfill.js';
import { print, printJson } from '../output.js';
import type { TemporalSession } from '../temporal.js';
import { findBackfill, readBackfill } from './read.js';
import { formatCounts } from './render.js';

interface JsonOption {
  readonly json?: boolean;
}

export async function pauseBackfill(
  { client }: TemporalSession,
  idOrDag: string,
  update: 'pause' | 'resume',
  options: JsonOption,
): Promise<void> {
  const id = await findBackfill(client, idOrDag);
  const standing = await refuseEnded(id, () =>
    client.workflow.getHandle(id).executeUpdate<BackfillStanding, []>(update),
  );
  if (options.json === true) printJson({ id, ...standing });
  else print(`${id} is ${standing.state}: ${formatCounts(standing.counts)}`);
}

export async function cancelBackfill(
  { client }: TemporalSession,
  idOrDag: string,
  options: JsonOption,
): Promise<void> {
  const id = await findBackfill(client, idOrDag);
  const handle = client.workflow.getHandle(id);
  await refuseEnded(id, () => handle.cancel());
  await handle.result().catch(() => undefined); // however it ended: that is told below
  const { status, counts } = await readBackfill(client, id);
  if (options.json === true) {
    printJson({ id, status, counts });
    return;
  }
  print(`${id} is ${status.toLowerCase()}: ${formatCounts(counts)}`);
  if ((counts?.running ?? 0) > 0)
    print('Its runs go on: cancel those by their workflow ids if they should not.');
}

async function refuseEnded<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof WorkflowNotFoundError)) throw cause;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The backfill ${id} has ended. See it with "airtempo backfill show ${id}".`,
      {
        cause,
      },
    );
  }
}
