import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { empty } from '../../activities/index.js';
import { dag, skip, type Dag } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { historyBytes } from './support/history.js';
import { readableHistory } from './support/plain-history.js';

const LARGE = Array.from({ length: 100_000 }, (_, row) => `row ${String(row)}: song ♪`).join('\n');
/** Below the size at which one output goes to the XCom store. */
const MEDIUM_BYTES = 12_000;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const medium = (index: number): string => String(index).padStart(MEDIUM_BYTES, '.');

const large = dag('large_output', {}, ({ task }) => {
  const extract = task('extract', () => LARGE);
  task('load', ({ args }) => sha256(args.rows) === sha256(LARGE) || skip('not what was sent'), {
    rows: extract,
  });
});

const lookalike = dag('lookalike', {}, ({ task }) => {
  const extract = task('extract', () => ({ $xcom: 'file:elsewhere', bytes: 1, sha256: '00' }));
  task('load', ({ args }) => args.found.$xcom === 'file:elsewhere' || skip('not what was sent'), {
    found: extract,
  });
});

const looped: { self?: unknown } = {};
looped.self = looped;
const BAD_OUTPUTS = {
  bigint: () => 3n as unknown,
  circular: () => looped,
  handler: () => () => 1,
  map: () => ({ users: new Map([['a', 1]]) }),
  set: () => [new Set([1])],
  nan: () => ({ ratio: Number.NaN }),
  bytes: () => new Uint8Array([1, 2]),
} as const;
const unserializable = dag('unserializable', { defaultArgs: { retries: 3 } }, ({ task }) => {
  for (const [id, handler] of Object.entries(BAD_OUTPUTS)) task(id, handler);
});

let spoil = (): Promise<void> => Promise.resolve();
const corrupted = dag('corrupted', { defaultArgs: { retries: 3 } }, ({ task }) => {
  const extract = task('extract', () => LARGE);
  const spoiler = task('spoil', () => spoil());
  const load = task('load', ({ args }) => args.rows.length, { rows: extract });
  extract.then(spoiler).then(load);
});

function fanOut(id: string, width: number): Dag {
  return dag(id, { maxActiveTasks: 500 }, ({ task }) => {
    const extract = task('extract', () => medium(7));
    for (let index = 0; index < width; index += 1) {
      task(`load_${String(index)}`, ({ args }) => args.rows === medium(7) || skip('not what was sent'), {
        rows: extract,
      });
    }
  });
}
const fannedOut = fanOut('fanned_out', 400);

function fanIn(id: string, width: number): Dag {
  return dag(id, { maxActiveTasks: 500 }, ({ task }) => {
    const parts = Array.from({ length: width }, (_, index) =>
      task(`part_${String(index)}`, () => medium(index)),
    );
    task(
      'merge',
      ({ args }) => args.parts.every((part, index) => part === medium(index)) || skip('mixed up'),
      {
        parts,
      },
    );
  });
}
const fannedIn = fanIn('fanned_in', 250);

/** All loads become ready in the same moment, each with an output of its own. */
const sideBySide = dag('side_by_side', { maxActiveTasks: 500 }, ({ task }) => {
  const barrier = task('barrier', empty);
  const parts = Array.from({ length: 450 }, (_, index) => {
    const part = task(`part_${String(index)}`, () => medium(index));
    part.then(barrier);
    return part;
  });
  parts.forEach((rows, index) => {
    const load = task(
      `load_${String(index)}`,
      ({ args }) => args.rows === medium(index) || skip('not what was sent'),
      { rows },
    );
    barrier.then(load);
  });
});

const wordy = dag('wordy_skip', {}, ({ task }) => {
  task('load', () => skip('no data '.repeat(400_000)));
});

const oversizedGraph = dag('oversized_graph', {}, ({ task }) => {
  task('load', ({ args }) => args.rows.length, { rows: 'x'.repeat(3_000_000) });
});

const anyConf = dag('any_conf', {}, ({ task }) => {
  task('load', () => 1);
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([
    large,
    lookalike,
    unserializable,
    corrupted,
    fannedOut,
    fannedIn,
    sideBySide,
    wordy,
    oversizedGraph,
    anyConf,
  ]);
});
afterAll(() => engine.stop());

async function storedFiles(): Promise<readonly string[]> {
  const entries = await readdir(engine.xcomFolder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('an output', () => {
  test('of megabytes arrives intact and never enters the history', async () => {
    const run = await engine.run(large);
    expect(run.states).toEqual({ extract: 'success', load: 'success' });
    expect(await readableHistory(run.handle)).not.toContain('row 17:');
    expect(await historyBytes(run.handle)).toBeLessThan(10_000);
  });

  test('that looks like a reference to the XCom store arrives as it is', async () => {
    expect((await engine.run(lookalike)).states).toEqual({ extract: 'success', load: 'success' });
  });

  test('that is not JSON, or that JSON would lose, fails the task at once and says where', async () => {
    const run = await engine.run(unserializable);
    const messages = Object.fromEntries(run.report.tasks.map(({ id, message }) => [id, message]));
    for (const message of Object.values(messages)) {
      expect(message).toMatch(/^Task \w+ returned a value that is not JSON: .* Return strings, numbers/s);
    }
    expect(messages).toMatchObject({
      circular: expect.stringContaining('circular'),
      handler: expect.stringContaining('a function'),
      map: expect.stringContaining('users is a Map'),
      set: expect.stringContaining('0 is a Set'),
      nan: expect.stringContaining('ratio is NaN'),
      bytes: expect.stringContaining('Uint8Array'),
    });
  });

  test('that was changed in the XCom store fails the task that reads it, without retries', async () => {
    spoil = async () => {
      for (const file of await storedFiles()) {
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace('song', 'sing'));
      }
    };
    const run = await engine.run(corrupted);
    expect(run.states).toEqual({ extract: 'success', spoil: 'success', load: 'failed' });
    expect(run.failure).toMatch(/is not what the task wrote.*Run the task that made it again/s);
  });
});

describe('many outputs of medium size', () => {
  test('reach 400 tasks at once', async () => {
    const run = await engine.run(fannedOut);
    expect(run.report.counts).toEqual({ success: 401 });
  });

  test('of 250 tasks reach one', async () => {
    const run = await engine.run(fannedIn);
    expect(run.report.counts).toEqual({ success: 251 });
  });

  test('reach 450 tasks that become ready in the same moment', async () => {
    const run = await engine.run(sideBySide);
    expect(run.report.counts).toEqual({ success: 901 });
  });
});

describe('what is too large for a history', () => {
  test('a reason for skipping is cut', async () => {
    const run = await engine.run(wordy);
    expect(run.states).toEqual({ load: 'skipped' });
    expect(run.report.tasks[0]?.message).toMatch(/^no data .* … \(cut\)$/);
  });

  test('a graph with megabytes of arguments is refused before anything runs', async () => {
    const run = await engine.run(oversizedGraph);
    expect(run.failure).toMatch(/DAG oversized_graph.*3\.0 MB/s);
  });

  test('a conf that every task would carry is refused', async () => {
    const run = await engine.run(anyConf, { conf: { rows: 'x'.repeat(200_000) } });
    expect(run.failure).toMatch(/conf.*KB/);
  });
});
