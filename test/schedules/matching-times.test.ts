/** A compiled schedule fires on the server just when the timetable says, clock changes included. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import fc from 'fast-check';
import { listRuns } from '../../core/next-runs.js';
import { cron, cronTrigger, every, type Timetable } from '../../core/timetable.js';
import { findClockChanges } from '../../schedules/clock-changes.js';
import { computeDesiredSchedule } from '../../schedules/desired-schedule.js';
import type { ScheduledDag } from '../../schedules/schedule-spec.js';
import { testStack } from '../support/stack.js';
import { listMatchingTimes } from './support/matching-times.js';

let connection: Connection;
let client: Client;

beforeAll(async () => {
  connection = await Connection.connect({ address: testStack.temporalAddress() });
  client = new Client({ connection });
});
afterAll(() => connection.close());

const NOW = new Date('2026-06-01T00:00:00Z');
/** Three years: a leap year, six clock changes. */
const SPAN = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2029-01-01T00:00:00Z') };

const dagOf = (schedule: Timetable, rest: Partial<ScheduledDag> = {}): ScheduledDag => ({
  id: 'times',
  schedule,
  startDate: new Date('2025-01-01T00:00:00Z'),
  endDate: undefined,
  catchup: false,
  jitterMs: undefined,
  description: '',
  ...rest,
});

/** Intervals begin before they fire. */
const YEARS_BEFORE = new Date('2023-01-01T00:00:00Z');

/** Ours by logical date, from well before the span on; only fire times within it count. */
function listOurs({ schedule, startDate, endDate }: ScheduledDag, span: typeof SPAN): readonly string[] {
  const runs = listRuns(
    { timetable: schedule, startDate, endDate },
    { from: schedule.kind === 'cron_trigger' ? span.from : YEARS_BEFORE, to: span.to },
  );
  return [...runs]
    .map(({ fireTime }) => fireTime)
    .filter((fireTime) => span.from <= fireTime && fireTime <= span.to)
    .map((fireTime) => fireTime.toISOString());
}

async function compare(dag: ScheduledDag, span = SPAN): Promise<void> {
  const desired = computeDesiredSchedule(dag, 'nobody', NOW);
  const times = await listMatchingTimes(client, desired, span);
  expect(times.map((time) => time.toISOString())).toEqual(listOurs(dag, span));
}

const ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe', // half an hour
  'Africa/Casablanca', // back and forth for Ramadan
  'America/Santiago', // at midnight, so that a fold lies on the day before
  'Asia/Kolkata',
  'UTC',
];

const EXPRESSIONS = [
  '0 2 * * *',
  '30 2 * * *',
  '0 1 * * *',
  '30 1 * * *',
  '45 1,23 * * *',
  '15 0 * * *',
  '30 1-3 * * 0',
  '0 2 * * SUN',
  '0 2 * * MON-FRI',
  '0 1 * * SAT,MON', // not on a Sunday that begins at one
  '0 0 13 * 5',
  '30 1 1-7 * 0',
  '30 2 29 2 *',
  '0 2 L * *',
  '30 1 * * SUN#1',
  '30 2 * * SUN#2',
  '30 2 * * FRIL',
  '0 1 L 2,10,11 6',
  '30 0 2 * * *',
  '15,45 30 1 * * *',
  '@monthly',
  '@yearly',
];

describe.each(ZONES)('in %s', (timezone) => {
  test.each(EXPRESSIONS)('%s', async (expression) => {
    await compare(dagOf(cronTrigger(expression, { timezone })));
  });

  test.each(['0 * * * *', '*/30 */2 * * *', '*/15 0-4 * * *'])('%s', async (expression) => {
    const from = new Date('2026-01-01T00:00:00Z');
    const to = new Date('2027-01-01T00:00:00Z');
    const changes = findClockChanges(timezone, from, to).map(({ at }) => at);
    for (const at of changes.length === 0 ? [NOW] : changes) {
      const days = (count: number): Date => new Date(at.getTime() + count * 86_400_000);
      await compare(dagOf(cronTrigger(expression, { timezone })), { from: days(-2), to: days(2) });
    }
  });
});

test('fires at the ends of intervals, from the first that starts at the start date to the last that starts by the end date', async () => {
  const timezone = 'America/New_York';
  const bounds = { startDate: new Date('2026-10-30T04:00:00Z'), endDate: new Date('2026-11-03T05:00:00Z') };
  for (const schedule of [
    cron('0 0 * * *', { timezone }),
    cron('0 1 * * *', { timezone }),
    cronTrigger('0 0 * * *', { timezone }),
    every('6h'),
  ]) {
    await compare(dagOf(schedule, bounds));
  }
});

test('fires never when the end date comes before the first tick', async () => {
  const bounds = { startDate: new Date('2026-10-30T03:00:00Z'), endDate: new Date('2026-10-30T22:00:00Z') };
  const desired = computeDesiredSchedule(dagOf(cron('0 2 * * *'), bounds), 'nobody', NOW);
  expect(await listMatchingTimes(client, desired, SPAN)).toEqual([]);
});

test('several expressions fire whenever one of them does, once where two meet', async () => {
  const timezone = 'America/New_York';
  await compare(dagOf(cronTrigger(['30 1 * * *', '30 1 * * 0', '0 3 * * *', '0 2 * * *'], { timezone })));
});

test('every sub-hourly tick comes twice in the fold when each hour is covered, once when not', async () => {
  const fold = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-02T00:00:00Z') };
  const timezone = 'America/New_York';
  for (const expression of ['*/10 * * * *', '*/10 0-6 * * *', '* * * * *', '*/20 */10 * * * *']) {
    await compare(dagOf(cronTrigger(expression, { timezone })), fold);
  }
});

test.each([every('90m'), every('7h', { offset: '30m' }), every('1d')])('%j', async (schedule) => {
  const span = { from: SPAN.from, to: new Date('2025-02-01T00:00:00Z') };
  await compare(dagOf(schedule), span);
});

test('whatever the expression and the zone', async () => {
  const field = (first: number, last: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.integer({ min: first, max: last }).map(String),
      fc
        .uniqueArray(fc.integer({ min: first, max: last }), { minLength: 2, maxLength: 3 })
        .map((list) => list.join()),
      fc
        .tuple(fc.integer({ min: first, max: last }), fc.integer({ min: first, max: last }))
        .map(([a, b]) => `${String(Math.min(a, b))}-${String(Math.max(a, b))}`),
    );
  const orAny = (some: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant('*'), some);
  const expressions = fc.record({
    minute: fc.integer({ min: 0, max: 59 }).map(String),
    hour: field(0, 4), // where clocks change
    day: orAny(field(1, 28)),
    month: orAny(field(1, 12)),
    weekday: orAny(field(0, 6)),
  });
  await fc.assert(
    fc.asyncProperty(expressions, fc.constantFrom(...ZONES), async (fields, timezone) => {
      const expression = [fields.minute, fields.hour, fields.day, fields.month, fields.weekday].join(' ');
      const span = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
      await compare(dagOf(cronTrigger(expression, { timezone })), span);
    }),
    { numRuns: 60 },
  );
});

test('refuses what would take too many single instants, with the way out', () => {
  const dag = dagOf(cronTrigger('* * 1-5 * * *', { timezone: 'America/New_York' }));
  expect(() => computeDesiredSchedule(dag, 'nobody', NOW)).toThrow(
    /"\* \* 1-5 \* \* \*" in America\/New_York fires too often in the hours in which clocks go back .* use the timezone UTC/,
  );
});
