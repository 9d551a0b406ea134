import { expect, test } from '@jest/globals';
import { findRefusedSql } from '../../cli/find-refused-sql.js';
import { createConnectionRegistry, createSecretScrubber } from '../../connections/index.js';
import type { ConnectionType } from '../../core/connection.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import { checkSql, dag, runSql } from '../../index.js';
import { createFixedStore } from '../support/engine.js';

const registryOf = (type: ConnectionType) =>
  createConnectionRegistry({
    stores: [createFixedStore([{ id: 'redshift', type, host: 'no-such-host.invalid', extra: {} }])],
    scrubber: createSecretScrubber(),
  });

const careless = dag('careless', {}, ({ task }) => {
  const connId = 'redshift';
  task('empty_it', runSql, { connId, sql: ['TRUNCATE users', 'DELETE FROM songs -- TRUNCATE'] });
  task('check_it', checkSql, {
    connId,
    checks: [{ kind: 'custom', name: 'x', sql: 'SELECT DISTINCT ON (a) a FROM t' }],
  });
});

test('SQL that Redshift refuses is found before a run, by task and statement', async () => {
  expect(await findRefusedSql(careless, registryOf('redshift'))).toEqual([
    {
      place: 'DAG careless, task empty_it',
      message: expect.stringMatching(/^sql\[0\] has TRUNCATE, .*commits/),
    },
    { place: 'DAG careless, task check_it', message: expect.stringMatching(/^check x has DISTINCT ON/) },
  ]);
});

test('a connection to Postgres may have what Redshift refuses', async () => {
  expect(await findRefusedSql(careless, registryOf('postgres'))).toEqual([]);
});

test('the shipped DAG is fine on Redshift', async () => {
  expect(await findRefusedSql(awstRedshiftDag, registryOf('redshift'))).toEqual([]);
});
