/** The bridge from Jest's set-up to our TypeScript: plain JavaScript, because Jest would rewrite the import of tsx. */

import { tsImport } from 'tsx/esm/api';

/** @returns {Promise<typeof import('./test-run.js')>} */
export function loadTestRun() {
  return tsImport('./test-run.ts', import.meta.url);
}
