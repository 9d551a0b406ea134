/** One sample: runs a shape on one side, and says what it took. */
import type { Client } from '@temporalio/client';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../core/workflow-options.js';
import { readTreeCpuS } from '../support/processes.js';
import type { Shape } from './shapes.js';
import { now, takeFirstStart } from './starts.js';
import { QUEUES, type Side } from './workers.js';

export interface Sample {
  readonly wallMs: number;
  /** Of the client, the worker and the server. */
  readonly cpuMs: number;
  /** From the start of the run to the first line of its first task. */
  readonly firstTaskMs: number;
}

/** Where runs are started, and whose CPU counts. */
export interface Bench {
  readonly client: Client;
  readonly serverPid: number;
}

/** Runs the shape once on one side. */
export async function measure({ client, serverPid }: Bench, shape: Shape, side: Side): Promise<Sample> {
  takeFirstStart();
  const cpuBefore = readCpuMs(serverPid);
  const begin = now();
  await Promise.all(Array.from({ length: shape.runs }, () => execute(client, shape, side)));
  const wallMs = now() - begin;
  return {
    wallMs,
    cpuMs: readCpuMs(serverPid) - cpuBefore,
    firstTaskMs: (takeFirstStart() ?? Number.NaN) - begin,
  };
}

let serial = 0;

function execute(client: Client, { dag, handWritten }: Shape, side: Side): Promise<unknown> {
  const [type, args] = side === 'ours' ? [dag.id, []] : [handWritten.type, [handWritten.size]];
  return client.workflow.execute(type, {
    args,
    taskQueue: QUEUES[side],
    workflowId: `bench-${type}-${String((serial += 1))}`,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
  });
}

/** User and system time of this process, which holds the client and the workers, and of the server. */
function readCpuMs(serverPid: number): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + readTreeCpuS(serverPid) * 1000;
}
