import { expect, test } from '@jest/globals';

import { connectRedshiftData } from '../../../connections/redshift-data.js';
import { parseCopyOptions } from '../../../connections/copy/copy-options.js';
import { loadTableOnRedshift } from '../../../connections/copy/redshift-load.js';
import { createStatement } from '../../../connections/sql/statement.js';
import type { Connection } from '../../../core/connection.js';
import { addStandIns, readStandInPorts } from '../../../local/stand-in-ports.js';
import { startStandIns } from '../../../local/stand-ins.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, createTestDatabase, services } from '../../support/services.js';

test('a stand-in for the Redshift Data API takes a load as Redshift would, from the connections of the stack', async () => {
  const { dir, remove } = await createScratchFolder();
  const database = await createTestDatabase('stand_in');
  const bucket = await createTestBucket();
  const { s3, postgres } = services();
  const standIns = await startStandIns({ dir, names: ['redshift-data'], s3, postgres });
  const connection: Connection = {
    id: 'redshift_data_api',
    type: 'redshift',
    schema: String(database.connection.schema),
    extra: { driver: 'data-api', cluster_identifier: 'airtempo-local' },
  };
  const aws = addStandIns(s3, await readStandInPorts(dir, process.pid));
  const client = await connectRedshiftData(connection, async () => aws);
  try {
    await client.run(createStatement('create', 'CREATE TABLE plays (id INTEGER, at TIMESTAMP) SORTKEY (at)'));
    await bucket.put('plays/a.json', '{"id":1,"at":1541121934796}{"id":"x"}');
    const load = {
      table: 'plays',
      columns: ['id', 'at'],
      from: `s3://${bucket.name}/plays/`,
      credentials: { kind: 'role' },
      write: { kind: 'interval', column: 'at', start: '2018-11-02', end: '2018-11-03', key: ['id'] },
    } as const;
    const options = { format: 'json', timeFormat: 'epochmillisecs' };
    const strict = { ...load, options: parseCopyOptions(options) };
    await expect(loadTableOnRedshift(client, strict)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringMatching(/plays\/a\.json line 1, column id: invalid digit/),
    });
    const lenient = { ...load, options: parseCopyOptions({ ...options, maxErrors: 1 }) };
    // twice: the second load replaces the first
    await loadTableOnRedshift(client, lenient);
    const loaded = await loadTableOnRedshift(client, lenient);
    expect(loaded).toMatchObject({ rows: 1, files: 1, rejected: 1 });
    const { rows } = await client.run(createStatement('read', 'SELECT id, at FROM plays'));
    expect(rows).toEqual([{ id: 1, at: '2018-11-02 01:25:34.796' }]);
  } finally {
    await client.close();
    await standIns.stop();
    await bucket.drop();
    await database.drop();
  }
  expect(await readStandInPorts(dir, process.pid)).toEqual({});
  await remove();
});
