/** Types of load-test-run.mjs. */
export function loadTestRun(): Promise<typeof import('./test-run.js')>;
