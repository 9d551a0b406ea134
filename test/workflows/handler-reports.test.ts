/** What handlers say besides their output (reasons, progress) enters a history only if it may. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag, skip } from '../../index.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { createGate } from './support/gate.js';
import { readableHistory } from './support/plain-history.js';

const PASSWORD = 'hunter22 &c';
const SPELLINGS = [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(PASSWORD).toString('base64')];

const leaky = dag('leaky', {}, ({ task }) => {
  task('skips', async ({ ctx }) => {
    await ctx.connection('redshift');
    return skip(`nothing behind ${SPELLINGS.join(' ')}`);
  });
  task('fails', async ({ ctx }) => {
    await ctx.connection('redshift');
    const cause = new Error(`driver: ${PASSWORD}`, {
      cause: { url: `https://admin:${SPELLINGS[1] ?? ''}@db` },
    });
    throw new Error(`login ${SPELLINGS.join(' ')} refused`, { cause });
  });
  task('logs', async ({ ctx }) => {
    const connection = await ctx.connection('redshift');
    ctx.log.info({ connection, header: `Basic ${SPELLINGS[2] ?? ''}` }, `logging in with ${PASSWORD}`);
  });
});

const beating = createGate();
const reported = createGate();
const heartbeats = dag('heartbeats', {}, ({ task }) => {
  task('reports', async ({ ctx }) => {
    await ctx.connection('redshift');
    ctx.heartbeat({ statement: 17, url: `https://admin:${PASSWORD}@db` });
    void beating.pass();
    await reported.pass();
  });
});

const badHeartbeats = dag('bad_heartbeats', { defaultArgs: { retries: 3, retryDelay: '1h' } }, ({ task }) => {
  task('bigint', ({ ctx }) => ctx.heartbeat({ rows: 3n }));
  task('map', ({ ctx }) => ctx.heartbeat(new Map()));
  task('large', ({ ctx }) => ctx.heartbeat('x'.repeat(3_000_000)));
});

let engine: Engine;

beforeAll(async () => {
  const redshift = { id: 'redshift', type: 'redshift', password: PASSWORD, extra: {} } as const;
  engine = await startEngine([leaky, heartbeats, badHeartbeats], [redshift]);
});
afterAll(() => engine.stop());

function expectNoSecret(text: string): void {
  for (const spelling of SPELLINGS) expect(text).not.toContain(spelling);
}

describe('secrets', () => {
  test('enter neither history nor log by reasons, errors, causes and log fields', async () => {
    const run = await engine.run(leaky);
    expect(run.states).toEqual({ skips: 'skipped', fails: 'failed', logs: 'success' });
    expect(run.report.tasks[0]?.message).toBe('nothing behind *** *** ***');
    expect(run.failure).toContain('login *** *** *** refused');
    expectNoSecret(await readableHistory(run.handle));
    expectNoSecret(JSON.stringify(run.report));
    const log = engine.logLines.join('');
    expect(log).toContain('logging in with ***');
    expectNoSecret(log);
  });

  test('do not reach the server by heartbeats', async () => {
    const handle = await engine.start(heartbeats);
    await beating.reached;
    const details = await until(async () => {
      const { raw } = await handle.describe();
      const data = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
      return data ? Buffer.from(data).toString('utf8') : undefined;
    });
    expect(JSON.parse(details)).toEqual({ statement: 17, url: 'https://admin:***@db' });
    reported.open();
    await handle.result();
  });
});

describe('a heartbeat', () => {
  test('that is not JSON or too long fails the task at once, with the way to mend it', async () => {
    const run = await engine.run(badHeartbeats);
    expect(run.report.tasks.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Task bigint called ctx\.heartbeat with .*rows is a bigint\. Report ids and counts/,
      ),
      expect.stringMatching(/^Task map called ctx\.heartbeat with .*it is a Map/),
      expect.stringMatching(/^Task large called ctx\.heartbeat with .*3000002 bytes long/),
    ]);
  });
});
