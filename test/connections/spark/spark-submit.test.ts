/** The runner of this machine, with a program of our own in the place of spark-submit: what counts is the process. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSparkSubmit } from '../../../connections/spark/spark-submit.js';
import type { SparkJob, SparkJobState } from '../../../connections/spark/spark-runner.js';
import { until } from '../../support/engine.js';

/** Writes down its arguments and a key, then does what the last argument says. */
const PROGRAM = `#!/bin/sh
for last; do :; done
printf '%s\\n' "$@" > args
echo "key $AWS_SECRET_ACCESS_KEY" > env
case "$last" in
  fail) echo 'Traceback: no such bucket' >&2; exit 3 ;;
  refuse) echo 'INFO Spark ends' >&2; printf 'counted\nerror: there is no topic\n'; exit 1 ;;
  wait) sleep 600 & echo $! > sleeper; wait ;;
esac
`;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'airtempo-spark-test-'));
  program = path.join(folder, 'spark-submit');
  await writeFile(program, PROGRAM);
  await chmod(program, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const open = () =>
  createSparkSubmit({
    program,
    master: 'local[2]',
    conf: { 'spark.ui.enabled': 'false', 'spark.app': 'connection' },
    env: { AWS_SECRET_ACCESS_KEY: 'a-secret-of-s3' },
  });
const jobOf = (what: string): SparkJob => ({
  name: `test ${randomUUID()}`,
  file: '/jobs/etl.py',
  pyFiles: ['/jobs/a.zip', '/jobs/b.py'],
  args: ['--day', what],
  conf: { 'spark.app': 'job' },
});
const ended = (id: string): Promise<SparkJobState> =>
  until(async () => {
    const state = await open().look(id, signal);
    return state.kind === 'pending' ? undefined : state;
  });

describe('spark-submit on this machine', () => {
  test('runs the program with the job’s arguments; keys are in its environment alone', async () => {
    const { id } = await open().findOrSubmit(jobOf('done'), 1, signal);
    expect(await ended(id)).toEqual({ kind: 'succeeded', state: 'SUCCEEDED' });
    const args = (await readFile(path.join(id, 'args'), 'utf8')).trim().split('\n');
    expect(args.slice(0, 2)).toEqual(['--master', 'local[2]']);
    expect(args.slice(-5)).toEqual(['--py-files', '/jobs/a.zip,/jobs/b.py', '/jobs/etl.py', '--day', 'done']);
    expect(args).toEqual(expect.arrayContaining(['spark.ui.enabled=false', 'spark.app=job']));
    expect(args.join(' ')).not.toContain('a-secret-of-s3');
    expect(await readFile(path.join(id, 'env'), 'utf8')).toBe('key a-secret-of-s3\n');
  });

  test('a failed job says how it ended and what it wrote last', async () => {
    const { id } = await open().findOrSubmit(jobOf('fail'), 1, signal);
    expect(await ended(id)).toEqual({ kind: 'failed', state: 'FAILED', reason: 'spark-submit ended with 3' });
    expect(await open().readErrorTail(id, signal)).toBe('Traceback: no such bucket');
  });

  test('of a job in Python, whose words come out of stdout, it says those', async () => {
    const { id } = await open().findOrSubmit(jobOf('refuse'), 1, signal);
    await ended(id);
    expect(await open().readErrorTail(id, signal)).toBe('counted\nerror: there is no topic');
  });

  test('a job that has succeeded is the answer, unless it is asked for again', async () => {
    const job = jobOf('done');
    const { id } = await open().findOrSubmit(job, 1, signal);
    await ended(id);
    expect((await open().findOrSubmit(job, 9, signal)).id).toBe(id);
    expect((await open().findOrSubmit({ ...job, again: true }, 9, signal)).id).not.toBe(id);
  });

  test('another runner, as after a crash, finds the job that runs, and submits no twin', async () => {
    const job = jobOf('wait');
    const first = await open().findOrSubmit(job, 1, signal);
    const second = await open().findOrSubmit(job, 2, signal);
    expect(second).toEqual({ id: first.id, state: { kind: 'pending', state: 'RUNNING' } });
    await open().cancel(job.name);
    expect(await ended(first.id)).toMatchObject({ kind: 'cancelled' });
  });

  test('cancelling ends the whole group, is safe to repeat, and leaves jobs of other names alone', async () => {
    const [job, other] = [jobOf('wait'), jobOf('wait')];
    const { id } = await open().findOrSubmit(job, 1, signal);
    const { id: otherId } = await open().findOrSubmit(other, 1, signal);
    const sleeper = Number(
      await until(
        async () => (await readFile(path.join(id, 'sleeper'), 'utf8').catch(() => '')) || undefined,
      ),
    );
    await open().cancel(job.name);
    await open().cancel(job.name);
    expect(await ended(id)).toMatchObject({ kind: 'cancelled', state: 'CANCELLED' });
    expect(() => process.kill(sleeper, 0)).toThrow('ESRCH');
    expect(await open().look(otherId, signal)).toMatchObject({ kind: 'pending' });
    await open().cancel(other.name);
  });

  test('a job that failed is followed by a new one only in a later try', async () => {
    const job = jobOf('fail');
    const { id } = await open().findOrSubmit(job, 1, signal);
    await ended(id);
    expect(await open().findOrSubmit(job, 1, signal)).toMatchObject({ id, state: { kind: 'failed' } });
    const next = await open().findOrSubmit(job, 2, signal);
    expect(next.id).not.toBe(id);
    await ended(next.id);
  });

  test('a job that was killed from outside has failed', async () => {
    const job = jobOf('wait');
    const { id } = await open().findOrSubmit(job, 1, signal);
    const group = Number(
      await until(
        async () => (await readFile(path.join(id, 'process'), 'utf8').catch(() => '')) || undefined,
      ),
    );
    process.kill(-group, 'SIGKILL');
    expect(await ended(id)).toEqual({ kind: 'failed', state: 'FAILED', reason: 'spark-submit was killed' });
  });

  test('a program that is not there fails the job with the shell’s words', async () => {
    const runner = createSparkSubmit({ program: 'no-such-spark-submit', master: 'local', conf: {}, env: {} });
    const { id } = await runner.findOrSubmit(jobOf('done'), 1, signal);
    expect(await ended(id)).toMatchObject({ kind: 'failed', reason: 'spark-submit ended with 127' });
    expect(await runner.readErrorTail(id, signal)).toMatch(/no-such-spark-submit.*not found/);
  });
});
