import { expect, test } from '@jest/globals';
import pg from 'pg';
import { testStack } from '../support/stack.js';

test('the test stack answers', async () => {
  const { host, port, schema, login, password } = testStack.postgres();
  const client = new pg.Client({
    host: host!,
    port: port!,
    database: schema!,
    user: login!,
    password: password!,
  });
  await client.connect();
  expect((await client.query('select current_user u')).rows).toEqual([{ u: 'awsuser' }]);
  await client.end();
  expect((await fetch(`${testStack.uiUrl()}/api/v1/namespaces/default`)).status).toBe(200);
  expect((await fetch(`${String(testStack.s3().extra['endpoint_url'])}/_health`)).status).toBe(200);
});
