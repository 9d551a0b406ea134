/** The engine as a later version might be: it does one thing more, and says so by a patch, as an upgrade has to. */
import { patched, sleep } from '@temporalio/workflow';
import dagRun from '../../../../workflows/index.js';

export * from '../../../../workflows/index.js';

export default async function nextDagRun(...args: Parameters<typeof dagRun>): ReturnType<typeof dagRun> {
  const rests = patched('rest-before-the-end');
  const outcome = await dagRun(...args);
  if (rests) await sleep('1 ms');
  return outcome;
}
