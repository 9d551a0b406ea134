import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readLockHolder, tryLock, withLock } from '../../local/lock.js';
import { readStartMark } from '../../local/processes.js';
import { createScratchFolder } from '../support/scratch.js';

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let file: string;

beforeEach(async () => {
  scratch = await createScratchFolder();
  file = path.join(scratch.dir, 'a.lock');
});
afterEach(() => scratch.remove());

test('of many takers exactly one gets the lock', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, () => tryLock(file)));
  expect(results.filter((result) => result.acquired)).toHaveLength(1);
  expect(await readdir(scratch.dir)).toEqual(['a.lock']);
});

test('a lock that is held names its holder', async () => {
  await tryLock(file);
  expect(await tryLock(file)).toMatchObject({ acquired: false, holder: { pid: process.pid } });
});

test('a released lock is free', async () => {
  const result = await tryLock(file);
  if (result.acquired) await result.lock.release();
  expect(await readLockHolder(file)).toBeUndefined();
  expect((await tryLock(file)).acquired).toBe(true);
});

test('releasing twice does not free the lock of the next holder', async () => {
  const first = await tryLock(file);
  if (!first.acquired) throw new Error('not acquired');
  await first.lock.release();
  await tryLock(file);
  await first.lock.release();
  expect(await readLockHolder(file)).toMatchObject({ pid: process.pid });
});

test('the lock of a dead process is free', async () => {
  await writeFile(file, JSON.stringify({ pid: 4_194_305, startMark: '1', id: 'x' })); // above Linux's largest pid
  expect((await tryLock(file)).acquired).toBe(true);
});

test('a lock whose process id now belongs to another process is free', async () => {
  await writeFile(file, JSON.stringify({ pid: process.pid, startMark: 'long ago', id: 'x' }));
  expect((await tryLock(file)).acquired).toBe(true);
});

test('a damaged lock is free', async () => {
  await writeFile(file, 'half a li');
  expect((await tryLock(file)).acquired).toBe(true);
});

test('of many takers of a stale lock exactly one gets it, each time', async () => {
  for (let round = 0; round < 25; round++) {
    await writeFile(file, '');
    const results = await Promise.all(Array.from({ length: 20 }, () => tryLock(file)));
    expect(results.filter((result) => result.acquired)).toHaveLength(1);
    expect(await readdir(scratch.dir)).toEqual(['a.lock']);
  }
});

test('a taker that died while it removed a stale lock does not keep the lock for ever', async () => {
  await writeFile(file, '');
  await writeFile(`${file}.takeover`, JSON.stringify({ pid: 4_194_305, startMark: '1', id: 'x' }));
  expect((await tryLock(file)).acquired).toBe(true);
  expect(await readdir(scratch.dir)).toEqual(['a.lock']);
});

test('waiting for a lock has an end', async () => {
  await tryLock(file);
  const holders: number[] = [];
  const onWait = ({ pid }: { pid: number }): void => void holders.push(pid);
  expect(await withLock(file, { timeoutMs: 0, onWait }, async () => 'never')).toBeUndefined();
  expect(holders).toEqual([process.pid]);
});

test('a process has one start mark for life, and none after death', async () => {
  expect(await readStartMark(process.pid)).toBe(await readStartMark(process.pid));
  expect(await readStartMark(4_194_305)).toBeUndefined();
});
