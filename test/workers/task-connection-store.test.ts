/** Connections that tasks keep: where they go, and when they are refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createConnectionRegistry,
  createDefaultConnectionStores,
  createSecretScrubber,
} from '../../connections/index.js';
import type { Connection } from '../../core/connection.js';
import { createTaskConnectionStore } from '../../workers/task-connection-store.js';

const connection: Connection = {
  id: 'redshift',
  type: 'redshift',
  host: 'sparkify.abc.eu-west-1.redshift.amazonaws.com',
  port: 5439,
  password: 'hunter2-hunter2',
  extra: { iam: true },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'airtempo-keeper-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(env: Readonly<Record<string, string>> = {}) {
  const { environment, file } = createDefaultConnectionStores(env, folder);
  const scrubber = createSecretScrubber();
  return {
    kept: createTaskConnectionStore({ store: file, askedBefore: [environment], scrubber }),
    registry: createConnectionRegistry({ stores: [environment, file] }),
    scrubber,
  };
}

describe('connections that tasks keep', () => {
  test('are found by the tasks to come, in the place of former ones', async () => {
    const { kept, registry, scrubber } = open();
    await kept.save({ ...connection, host: 'former.example' });
    await kept.save(connection);
    expect(await registry.get('redshift')).toEqual(connection);
    expect(scrubber.scrub('with hunter2-hunter2')).toBe('with ***');
    expect(await readFile(path.join(folder, '.airtempo', 'connections.json'), 'utf8')).not.toContain(
      'hunter2',
    );
  });

  test('are refused where a variable wins, with what to set it to and no secret', async () => {
    const { kept, registry } = open({ AIRTEMPO_CONN_REDSHIFT: 'redshift://other.example' });
    const saved = kept.save(connection);
    await expect(saved).rejects.toMatchObject({ code: 'INVALID_CONNECTION' });
    const message = await saved.catch((error: Error) => error.message);
    expect(message).toContain('AIRTEMPO_CONN_REDSHIFT');
    expect(message).toContain('sparkify.abc.eu-west-1.redshift.amazonaws.com');
    expect(message).not.toContain('hunter2');
    expect(await registry.get('redshift')).toMatchObject({ host: 'other.example' });
  });

  test('are deleted here, and only here', async () => {
    const { kept, registry } = open({ AIRTEMPO_CONN_OTHER: 'redshift://other.example' });
    await kept.save(connection);
    expect(await kept.delete('redshift')).toBe(true);
    expect(await kept.delete('redshift')).toBe(false);
    expect(await kept.delete('other')).toBe(false);
    expect(await registry.find('redshift')).toBeUndefined();
    expect(await registry.find('other')).toBeDefined();
  });

  test('take the place of another connection only where the task allows it', async () => {
    const { kept, registry } = open();
    await kept.save({ ...connection, host: 'mine.example' });
    const mayReplace = (former: Connection): boolean => former.host !== 'mine.example';
    await expect(kept.save(connection, { mayReplace })).rejects.toThrow(/leads to mine.example and is left/);
    expect(await registry.get('redshift')).toMatchObject({ host: 'mine.example' });
  });

  test('are checked before they are kept', async () => {
    const { kept } = open();
    await expect(kept.save({ ...connection, port: 70_000 })).rejects.toThrow(/port/);
  });
});
