/** The shipped DAGs mail when a task has failed, not when it is tried again, and only when somebody said to whom. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import { mailOnFailure } from '../../dags/mail-on-failure.js';
import postgresLocalEtl from '../../dags/postgres-local-etl.js';
import { dag } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';

const nightly = dag(
  'nightly_load',
  { defaultArgs: { retries: 1, retryDelay: '10ms', onFailure: mailOnFailure } },
  ({ task }) => {
    task('load', ({ ctx }) => { throw new Error(`try ${String(ctx.tryNumber)} failed`); }); // prettier-ignore
  },
);

let smtp: MailServer;
let told: Engine;
let untold: Engine;
beforeAll(async () => {
  smtp = await startMailServer();
  const connections = [smtp.connection('smtp_default')];
  told = await startEngine([nightly], connections, [], { AIRFLOW_VAR_ALERT_MAIL: 'data@example.com' });
  untold = await startEngine([nightly]);
});
afterAll(async () => {
  await told.stop();
  await untold.stop();
  await smtp.stop();
});

test('each shipped DAG tells of its failed tasks, and of no retry', () => {
  for (const { code } of [awstRedshiftDag, postgresLocalEtl]) {
    for (const { callbacks } of code.values()) expect(callbacks).toEqual({ on_failure: [mailOnFailure] });
  }
});

test('a failed task is one mail, whatever tries it took', async () => {
  expect(await told.run(nightly)).toMatchObject({ status: 'FAILED', states: { load: 'failed' } });
  expect(smtp.received.map(({ subject }) => subject)).toEqual(['[airtempo] nightly_load.load failed']);
  expect(smtp.received[0]?.text).toContain('try 2 failed');
});

test('without the variable nobody is told, and nothing is wrong', async () => {
  const run = await untold.run(nightly);
  expect(run.report.callbackFailures).toBeUndefined();
  expect(smtp.received).toHaveLength(1);
});
