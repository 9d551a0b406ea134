/** `airtempo redshift` as a person would use it: the built command, a worker, and moto for AWS. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { formatConnectionRecord } from '../../connections/format-connection.js';
import { createCliProject, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { startMoto, type Moto } from '../support/moto.js';
import { testStack } from '../support/stack.js';

let moto: Moto;
let project: CliProject;

beforeAll(async () => {
  moto = await startMoto();
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_TASK_QUEUE: `redshift-cli-${String(process.pid)}`,
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify(formatConnectionRecord(moto.connection())),
  });
  const worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
});
afterAll(async () => {
  await project.remove();
  await moto.stop();
});

const redshift = (...args: readonly string[]) => project.run(['redshift', ...args]);

test('a cluster is planned, brought up, looked at and taken down', async () => {
  const name = `cli-${String(process.pid)}`;
  const plan = await redshift('up', name, '--dry-run', '--preset', 'sparkify', '--cidr', '203.0.113.7');
  expect(plan.stdout).toMatch(/2 × dc2\.large/);
  expect(plan.stdout).toMatch(/open to 203\.0\.113\.7\/32/);
  expect(plan.stdout).toMatch(/aws\.amazon\.com\/redshift\/pricing/);
  expect((await redshift('status', name)).stderr).toContain('CLUSTER_NOT_FOUND');

  const unanswered = await redshift('up', name);
  expect(unanswered.code).not.toBe(0);
  expect(unanswered.stderr).toContain('--yes');

  const up = await redshift('up', name, '--yes', '--json');
  expect({ code: up.code, cluster: JSON.parse(up.stdout) as unknown }).toMatchObject({
    code: 0,
    cluster: { name, own: true, state: 'available', endpoint: { port: 5439 }, publiclyAccessible: false },
  });
  const connection = await project.run(['connections', 'get', 'redshift']);
  expect(connection.stdout).toContain(name);
  expect(JSON.parse((await redshift('status', '--all', '--json')).stdout)).toMatchObject([{ name }]);

  const down = await redshift('down', name, '--yes', '--remove-access', '--json');
  expect(JSON.parse(down.stdout)).toEqual({ cluster: name, state: 'gone' });
  expect((await project.run(['connections', 'get', 'redshift'])).code).not.toBe(0);
  expect((await redshift('down', name, '--yes')).code).toBe(0);
});

test('an address for everybody is refused before anything is asked', async () => {
  const refused = await redshift('up', 'open-to-all', '--cidr', '0.0.0.0/0', '--yes');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('the whole internet');
});
