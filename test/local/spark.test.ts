/** What Spark on this machine needs and is given. Fetches nothing. */
import { describe, expect, it, test } from '@jest/globals';
import { createScratchFolder, writeScript } from '../support/scratch.js';
import path from 'node:path';
import { ensureSpark, findSpark, type LocalSpark } from '../../local/spark/ensure-spark.js';
import { parseJavaVersion } from '../../local/java.js';
import { createSparkConnection } from '../../local/spark/spark-connection.js';
import type { Connection } from '../../core/connection.js';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ['The operation couldn’t be completed.', undefined],
])('%s is Java %s', (text, version) => {
  expect(parseJavaVersion(text)).toBe(version);
});

describe('a machine without what Spark needs', () => {
  it('is told which Java, before anything is fetched', async () => {
    const { dir, remove } = await createScratchFolder();
    const env = { AIRTEMPO_CACHE: path.join(dir, 'cache'), PATH: path.join(dir, 'bin') };
    await expect(ensureSpark({ env })).rejects.toMatchObject({
      code: 'BINARY_NOT_FOUND',
      message: expect.stringContaining('Spark needs Java 17'),
    });
    await writeScript(path.join(dir, 'bin', 'java'), '/bin/echo \'openjdk version "25.0.1"\' >&2');
    await expect(ensureSpark({ env })).rejects.toThrow('java is Java 25');
    await remove();
  });

  it('is told of Maven, and has no Spark afterwards', async () => {
    const { dir, remove } = await createScratchFolder();
    const env = { AIRTEMPO_CACHE: path.join(dir, 'cache'), PATH: path.join(dir, 'bin') };
    await writeScript(path.join(dir, 'bin', 'java'), '/bin/echo \'openjdk version "17.0.1"\' >&2');
    await expect(ensureSpark({ env })).rejects.toMatchObject({
      code: 'BINARY_NOT_FOUND',
      message: expect.stringMatching(/mvn.*apt-get install maven.*extra\.spark_home/),
    });
    expect(await findSpark(env)).toBeUndefined();
    await remove();
  });
});

it('gives jobs the keys of S3 in their environment, and in no setting', () => {
  const spark: LocalSpark = {
    sparkHome: '/spark',
    sparkSubmit: '/spark/bin/spark-submit',
    python: '/venv/bin/python',
    jars: '/jars',
    env: { PATH: '/venv/bin' },
  };
  const s3: Connection = {
    id: 'aws_credentials',
    type: 'aws',
    login: 'the-access-key',
    password: 'the-secret-key',
    extra: { endpoint_url: 'http://127.0.0.1:7070', region_name: 'us-east-1' },
  };
  const { host, extra } = createSparkConnection(spark, s3);
  expect(host).toBe('local[*]');
  expect(extra['env']).toEqual({
    PATH: '/venv/bin',
    AWS_ACCESS_KEY_ID: 'the-access-key',
    AWS_SECRET_ACCESS_KEY: 'the-secret-key',
  });
  expect(JSON.stringify(extra['conf'])).not.toMatch(/the-(access|secret)-key/);
});
