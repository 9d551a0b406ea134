/** Logging in to Redshift with a password of minutes: the service gives it, and a real server takes it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectSql } from '../../connections/postgres.js';
import { connectRedshiftClusters } from '../../connections/redshift-clusters.js';
import { resolveSessionLogin } from '../../connections/redshift-clusters/session-login.js';
import { createStatement } from '../../connections/sql/statement.js';
import type { Connection } from '../../core/connection.js';
import { DENIED, startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startMoto, type Moto } from '../support/moto.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

const user = `u${randomBytes(4).toString('hex')}`;
const password = randomBytes(16).toString('hex');

let moto: Moto;
let proxy: FaultProxy;
let database: TestDatabase;
let aws: Connection;
let redshift: Connection;

beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.url);
  database = await createTestDatabase('login');
  // the service makes the password; the server is told which one
  await database.session.query(`CREATE ROLE "IAM:${user}" LOGIN PASSWORD '${password}'`);
  aws = moto.connection({ extra: { endpoint_url: proxy.url } });
  const clusters = connectRedshiftClusters(aws);
  await clusters.create({
    name: 'sparkify',
    runId: 'test',
    nodeType: 'ra3.large',
    nodes: 1,
    publiclyAccessible: false,
    securityGroupIds: [],
    iamRoleArns: [],
  });
  clusters.close();
  const { host, port, schema } = database.connection;
  redshift = {
    id: 'redshift',
    type: 'redshift',
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(schema === undefined ? {} : { schema }),
    login: user,
    extra: { sslmode: 'disable', iam: true, cluster_identifier: 'sparkify', db_user: user },
  };
});
afterAll(async () => {
  await database.session.query(`DROP ROLE "IAM:${user}"`);
  await database.drop();
  await proxy.stop();
  await moto.stop();
});

test('a session asks for a password and logs in with it', async () => {
  proxy.inject('GetClusterCredentials', {
    kind: 'edit-answer',
    edit: (text) => text.replace(/<DbPassword>[^<]*/, `<DbPassword>${password}`),
  });
  const session = await connectSql(await resolveSessionLogin(redshift, () => Promise.resolve(aws)));
  const { rows } = await session.run(createStatement('probe', 'SELECT current_user AS name'));
  await session.close();
  expect(rows).toEqual([{ name: `IAM:${user}` }]);
  expect(proxy.requestOf('GetClusterCredentials')).toMatch(/DurationSeconds=900/);
});

test('a connection with a password, or without iam, is left as it is', async () => {
  const refuse = (): Promise<never> => Promise.reject(new Error('nobody is to be asked'));
  const withPassword = { ...redshift, password: 'their-own' };
  expect(await resolveSessionLogin(withPassword, refuse)).toBe(withPassword);
  const plain = { ...redshift, extra: {} };
  expect(await resolveSessionLogin(plain, refuse)).toBe(plain);
});

test('refused access and a connection that names no cluster are told', async () => {
  proxy.inject('GetClusterCredentials', DENIED);
  const resolve = (connection: Connection) => resolveSessionLogin(connection, () => Promise.resolve(aws));
  await expect(resolve(redshift)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  await expect(resolve({ ...redshift, extra: { iam: true } })).rejects.toMatchObject({
    code: 'INVALID_CONNECTION',
  });
});
