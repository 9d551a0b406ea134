/** Upgrade safety: the engine of today replays the histories that earlier versions have left. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inflateSync, strFromU8 } from 'fflate';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { parseHistory, type History } from '../golden/history-json.js';
import { testStack } from '../support/stack.js';

const FOLDER = path.join(import.meta.dirname, '../golden');
const MOST_BYTES = 200_000;
const BINARY = Buffer.from('binary/plain').toString('base64');
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });

function read(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

function replay(history: History, name: string): Promise<void> {
  const workflowId = `golden-${path.basename(name, '.json')}`;
  return Worker.runReplayHistory(
    { workflowBundle: { codePath: testStack.workflowBundlePath() } },
    history,
    workflowId,
  );
}

interface Payload {
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: string;
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && 'data' in value && typeof value.data === 'string';
}

/** The text with its payloads as they were before base64, and before the run was packed. */
function readable(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
    if (!isPayload(value)) return value;
    const { metadata, data } = value;
    const bytes = Buffer.from(data, 'base64');
    return metadata['encoding'] === BINARY ? strFromU8(inflateSync(bytes)) : bytes.toString('utf8');
  });
}

/** The history as it would be had the engine asked for something else in its first activity. */
function alter(change: (scheduled: Scheduled) => void): History {
  const history = parseHistory(read('skip.json'));
  const scheduled = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
  if (!scheduled?.activityTaskScheduledEventAttributes) throw new Error('skip.json schedules no activity');
  change(scheduled.activityTaskScheduledEventAttributes);
  return history;
}

type Scheduled = NonNullable<NonNullable<History['events']>[number]['activityTaskScheduledEventAttributes']>;

describe('the recorded histories', () => {
  test.each(names)('%s replays on the engine of today', async (name) => {
    await replay(parseHistory(read(name)), name);
  });

  test.each([
    ['id', (scheduled: Scheduled) => (scheduled.activityId = 'another')],
    ['type', (scheduled: Scheduled) => (scheduled.activityType = { name: 'another' })],
  ])('a history whose activity has another %s is refused', async (_, change) => {
    await expect(replay(alter(change), 'skip.json')).rejects.toThrow(/nondetermini/i);
  });

  test('there is one of each feature', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'backfill.json',
        'continued-run.json',
        'empty-tasks.json',
        'packed-run.json',
        'past-and-run-slot.json',
        'retry-and-failure.json',
        'skip.json',
        'stream.json',
        'success-with-outputs.json',
        'teardown-after-cancel.json',
      ]),
    );
  });

  test.each(names)('%s names no machine and no folder of one, and is small', (name) => {
    const text = read(name);
    expect(text.length).toBeLessThan(MOST_BYTES);
    const identities = [...text.matchAll(/"identity": "([^"]*)"/g)].map(([, identity]) => identity);
    const others = identities.filter((identity) => identity !== 'golden');
    expect(others.every((identity) => identity === 'history-service')).toBe(true); // the server, for a signal between runs
    expect(readable(text)).not.toMatch(/\d@\w|\/(?:work|root|tmp|home|Users)\b/);
    expect(text).not.toContain('stackTrace');
  });
});
