/** The demo's stream, counted by its own means, against the rules of the ingest. */
import { expect, test } from '@jest/globals';
import { keyOf, parseEvent } from '../../../activities/kafka/parse-event.js';
import { mixDay } from '../../../cli/kafka/demo/day-of-events.js';
import { generateDay } from '../../../cli/kafka/demo/find-day.js';

test.each([1, 30, 300])('%i users: rows, duplicates and reasons are what the ingest will find', (users) => {
  const { day, today, dayBefore } = generateDay(users);
  const { lines, counts } = mixDay(today, dayBefore);
  const [keys, reasons] = [new Set<string>(), new Map<string, number>()];
  let late = 0;
  for (const line of lines) {
    const parsed = parseEvent(line, 2 ** 20);
    if ('problem' in parsed) {
      reasons.set(parsed.problem.reason, (reasons.get(parsed.problem.reason) ?? 0) + 1);
      continue;
    }
    keys.add(keyOf(parsed.event));
    if (!new Date(parsed.event.ts).toISOString().startsWith(day)) late += 1;
  }
  expect(counts).toEqual({
    messages: lines.length,
    rows: keys.size,
    duplicates: lines.length - keys.size - counts.deadLetters,
    deadLetters: [...reasons.values()].reduce((sum, times) => sum + times, 0),
    late,
    reasons: Object.fromEntries(reasons),
  });
  expect(late).toBe(Math.ceil(dayBefore.length / 50));
});

test('without a day before, and with events that are there twice, it counts right too', () => {
  const line = JSON.stringify({
    ts: 1538352117000,
    userId: '1',
    sessionId: 1,
    itemInSession: 1,
    page: 'Home',
  });
  expect(mixDay([line, line], []).counts).toMatchObject({ messages: 3, rows: 1, duplicates: 1, deadLetters: 1, late: 0 }); // prettier-ignore
});
