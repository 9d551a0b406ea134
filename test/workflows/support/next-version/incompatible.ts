/** The engine with a change that histories of today cannot be replayed on: the fault that an upgrade must survive. */
import { sleep } from '@temporalio/workflow';
import dagRun from '../../../../workflows/index.js';

export * from '../../../../workflows/index.js';

export default async function nextDagRun(...args: Parameters<typeof dagRun>): ReturnType<typeof dagRun> {
  await sleep('1 ms');
  return dagRun(...args);
}
