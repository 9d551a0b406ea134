/** The local EMR keeps the contract that emr-aws.test.ts holds AWS to. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { EMRClient } from '@aws-sdk/client-emr';
import type { LocalEmr } from '../../../local/emr/server.js';
import { describeEmrContract } from '../../contract/emr.js';
import { emrClient, jobFlow, shellStep, startTestEmr } from '../../support/emr.js';
import { createScratchFolder } from '../../support/scratch.js';

let scratch: { dir: string; remove: () => Promise<void> };
let emr: LocalEmr;
let client: EMRClient;

beforeAll(async () => {
  scratch = await createScratchFolder();
  emr = await startTestEmr(scratch.dir);
  client = emrClient(emr.url);
});

afterAll(async () => {
  client.destroy();
  await emr.stop();
  await scratch.remove();
});

describe('the local EMR', () => {
  describeEmrContract({
    client: () => client,
    jobFlow,
    passing: () => shellStep('exit 0'),
    failing: () => shellStep('exit 3'),
    endless: () => shellStep('sleep 1000'),
    timeoutMs: 60_000,
    pollMs: 20,
  });
});
