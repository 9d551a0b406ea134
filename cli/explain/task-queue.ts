/** Asks Temporal who serves a task queue: a queue that nobody polls is why nothing happens. */
import type { Client } from '@temporalio/client';

/** A task queue as it stands. */
export interface QueueInfo {
  readonly name: string;
  /** Workers that asked for work lately. */
  readonly pollers: number;
  /** When the last one did, if any is known. */
  readonly lastSeenAt?: string;
  /** Tasks that wait in it, as far as the server says. */
  readonly backlog?: number;
}

/** A poll lasts a minute at most; a worker that has not asked since is gone. */
const POLL_MS = 75_000;
/** TASK_QUEUE_TYPE_WORKFLOW and _ACTIVITY. */
const TYPES = { runs: 1, tasks: 2 } as const;

/** Asks for the pollers of a queue, of runs or of tasks. */
export async function readQueue(client: Client, name: string, type: keyof typeof TYPES): Promise<QueueInfo> {
  const answer = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType: TYPES[type],
    reportStats: true,
  });
  const seen = (answer.pollers ?? []).map(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000,
  );
  const last = Math.max(0, ...seen);
  const backlog = answer.stats?.approximateBacklogCount;
  return {
    name,
    pollers: seen.filter((at) => Date.now() - at < POLL_MS).length,
    ...(last === 0 ? {} : { lastSeenAt: new Date(last).toISOString() }),
    ...(backlog === undefined || backlog === null ? {} : { backlog: Number(backlog) }),
  };
}
