/**
 * Jest's global set-up: starts the stack of the test run and tells the test processes where it is. Jest loads this
 * file in its own way, which cannot follow our `.js` imports, so everything else is loaded through tsx.
 */

import { loadTestRun } from './load-test-run.mjs';
import type { TestRun } from './test-run.js';

declare global {
  /** Passed from set-up to tear-down, which Jest runs in one process. */
  var airtempoTestRun: TestRun | undefined;
}

export default async function globalSetup(): Promise<void> {
  const { startTestRun } = await loadTestRun();
  const run = await startTestRun();
  globalThis.airtempoTestRun = run;
  Object.assign(process.env, run.env);
}
