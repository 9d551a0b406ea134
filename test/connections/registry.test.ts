/** Where connections are looked up, in which order, and what is said when there is none. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createConnectionRegistry,
  createDefaultConnectionStores,
  createEnvironmentStore,
  createSecretScrubber,
  parseConnection,
  resolveAirtempoHome,
  type Environment,
} from '../../connections/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'airtempo-registry-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const build = (env: Environment) => {
  const stores = createDefaultConnectionStores(env, directory);
  return { ...stores, registry: createConnectionRegistry({ stores: [stores.environment, stores.file] }) };
};

describe('the environment', () => {
  test.each<[string, string, string]>([
    ['AIRTEMPO_CONN_REDSHIFT', 'redshift', 'redshift'],
    ['AIRFLOW_CONN_REDSHIFT', 'redshift', 'redshift'],
    ['AIRTEMPO_CONN_MY_DB', 'my_db', 'my_db'],
    ['AIRTEMPO_CONN_MY_DB', 'My-Db', 'my_db'],
    ['AIRTEMPO_CONN_MY-DB', 'my-db', 'my-db'],
    ['AIRFLOW_CONN_MY_DB', 'my.db', 'my_db'],
  ])('%s holds %s', async (variable, id, listed) => {
    const store = createEnvironmentStore({ [variable]: 'postgres://h' });
    expect(await store.get(id)).toMatchObject({ id, host: 'h' });
    expect(await store.list()).toMatchObject([{ id: listed, place: `variable ${variable}` }]);
  });

  test('AIRTEMPO_CONN_ comes before AIRFLOW_CONN_', async () => {
    const store = createEnvironmentStore({
      AIRFLOW_CONN_DB: 'postgres://old',
      AIRTEMPO_CONN_DB: 'postgres://new',
    });
    expect((await store.get('db'))?.host).toBe('new');
    expect(await store.list()).toHaveLength(1);
  });

  test('an empty variable is no connection, and a bare prefix neither', async () => {
    const store = createEnvironmentStore({
      AIRTEMPO_CONN_DB: ' ',
      AIRTEMPO_CONN_: 'postgres://h',
      OTHER: 'x',
    });
    expect(await store.get('db')).toBeUndefined();
    expect(await store.list()).toEqual([]);
  });

  test('AIRTEMPO_CONN_PASSWORD is the password of "connections add", not a connection', async () => {
    const store = createEnvironmentStore({ AIRTEMPO_CONN_PASSWORD: 'hunter2' });
    expect(await store.get('password')).toBeUndefined();
    expect(await store.list()).toEqual([]);
  });

  test('a malformed variable is named, its value is not', async () => {
    const store = createEnvironmentStore({ AIRFLOW_CONN_DB: 'hunter2', AIRTEMPO_CONN_OK: 'postgres://h' });
    const error: unknown = await store.get('db').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'INVALID_CONNECTION',
      message: expect.stringContaining('AIRFLOW_CONN_DB'),
    });
    expect((error as Error).message).not.toContain('hunter2');
    expect(await store.list()).toMatchObject([
      { id: 'db', problem: {} },
      { id: 'ok', connection: {} },
    ]);
  });
});

describe('the registry', () => {
  test('asks the environment before the file, and lists what is shadowed', async () => {
    const { registry, file } = build({ AIRTEMPO_CONN_DB: 'postgres://env' });
    await file.put([
      parseConnection('db', 'postgres://u:hunter2@file'),
      parseConnection('other', 'postgres://u:hunter2@o'),
    ]);
    expect((await registry.get('db')).host).toBe('env');
    expect(await registry.find('other')).toMatchObject({
      source: 'file',
      connection: { password: 'hunter2' },
    });
    const list = await registry.list();
    expect(list).toMatchObject([
      {
        id: 'db',
        source: 'environment',
        place: 'variable AIRTEMPO_CONN_DB',
        shadowed: [expect.stringMatching(/^file /)],
      },
      { id: 'other', source: 'file', shadowed: [], connection: { password: '***' } },
    ]);
    expect(JSON.stringify(list)).not.toContain('hunter2');
  });

  test('an unreadable first match is an error, not a reason to ask the next store', async () => {
    const { registry, file } = build({ AIRTEMPO_CONN_DB: 'nonsense' });
    await file.put([parseConnection('db', 'postgres://file')]);
    await expect(registry.get('db')).rejects.toMatchObject({ code: 'INVALID_CONNECTION' });
  });

  test('says where it looked, which id is near, and how to add one', async () => {
    const { registry } = build({ AIRTEMPO_CONN_REDSHIFT: 'redshift://h' });
    const home = join(directory, '.airtempo', 'connections.json');
    await expect(registry.get('redshfit')).rejects.toMatchObject({
      code: 'CONNECTION_NOT_FOUND',
      message: `There is no connection "redshfit" (looked in variable AIRTEMPO_CONN_REDSHFIT or AIRFLOW_CONN_REDSHFIT, then file ${home}). Did you mean "redshift"? Add it with: airtempo connections add redshfit`,
    });
  });

  test('refuses an id that is none', async () => {
    await expect(build({}).registry.get('a b')).rejects.toMatchObject({ code: 'INVALID_CONNECTION' });
  });

  test('tells the scrubber about every connection that it hands out', async () => {
    const scrubber = createSecretScrubber();
    const environment = createEnvironmentStore({ AIRTEMPO_CONN_DB: 'postgres://u:hunter2@h' });
    const registry = createConnectionRegistry({ stores: [environment], scrubber });
    await registry.get('db');
    expect(scrubber.scrub('hunter2')).toBe('***');
  });
});

test.each<[Environment, string]>([
  [{}, '/project/.airtempo'],
  [{ AIRTEMPO_HOME: '' }, '/project/.airtempo'],
  [{ AIRTEMPO_HOME: '/etc/airtempo' }, '/etc/airtempo'],
  [{ AIRTEMPO_HOME: 'home' }, '/project/home'],
])('airtempo’s home with %j is %s', (env, home) => {
  expect(resolveAirtempoHome(env, '/project')).toBe(home);
});
