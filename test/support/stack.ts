/** What the suites know of the stack that global-setup.ts started for them. */

import type { Connection } from '../../core/connection.js';

function fromEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this suite with the project's Jest configuration`);
  return value;
}

export const testStack = {
  /** `host:port` of Temporal. */
  temporalAddress: (): string => fromEnv('AIRTEMPO_TEST_TEMPORAL'),
  /** Path of the workflow bundle, built once for all suites. */
  workflowBundlePath: (): string => fromEnv('AIRTEMPO_TEST_BUNDLE'),
  uiUrl: (): string => fromEnv('AIRTEMPO_TEST_UI'),
  postgres: (): Connection => JSON.parse(fromEnv('AIRTEMPO_TEST_POSTGRES')) as Connection,
  s3: (): Connection => JSON.parse(fromEnv('AIRTEMPO_TEST_S3')) as Connection,
};
