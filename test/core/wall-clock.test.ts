/** The clock on the wall of a zone, as people read it. */
import { expect, test } from '@jest/globals';
import {
  computeFoldMs,
  formatDateInZone,
  formatInZone,
  fromWallClock,
  isTimezone,
} from '../../core/wall-clock.js';

test.each([
  ['UTC', '2018-11-03T01:00:00Z', '2018-11-03T01:00:00Z'],
  ['Europe/London', '2018-11-03T01:00:00Z', '2018-11-03T01:00:00+00:00'],
  ['Europe/Berlin', '2018-11-03T01:00:00Z', '2018-11-03T02:00:00+01:00'],
  ['America/New_York', '2018-11-03T01:00:00Z', '2018-11-02T21:00:00-04:00'],
  ['America/St_Johns', '2018-11-03T01:00:00Z', '2018-11-02T22:30:00-02:30'],
  ['Pacific/Kiritimati', '2018-11-03T12:00:00Z', '2018-11-04T02:00:00+14:00'],
  ['Europe/Berlin', '1880-01-01T00:00:00Z', '1880-01-01T00:53:28+00:53:28'],
])('in %s, %s is written %s, and means the same instant', (timezone, instant, expected) => {
  const written = formatInZone(new Date(instant), timezone);
  expect(written).toBe(expected);
  if (written.length <= 25) expect(new Date(written)).toEqual(new Date(instant));
});

test.each([
  ['a plain time', '2018-11-03T02:30Z', '2018-11-03T01:30:00.000Z'],
  ['a time in the gap: the first instant after it', '2018-03-25T02:30Z', '2018-03-25T01:00:00.000Z'],
  ['a time that comes twice: the second', '2018-10-28T02:30Z', '2018-10-28T01:30:00.000Z'],
])('a reading in Berlin means: %s', (_, reading, expected) => {
  expect(fromWallClock(new Date(reading), 'Europe/Berlin').toISOString()).toBe(expected);
});

test.each([
  ['UTC', '2018-11-02T00:00:00Z', '2018-11-02'],
  ['UTC', '2018-11-02T02:30:00Z', '2018-11-02 02:30'],
  ['UTC', '2018-11-02T02:30:05Z', '2018-11-02 02:30:05'],
  ['UTC', '2018-11-02T00:00:05Z', '2018-11-02 00:00:05'],
  ['America/New_York', '2018-11-02T04:00:00Z', '2018-11-02'],
  ['America/New_York', '2018-11-02T02:00:00Z', '2018-11-01 22:00'],
])('people in %s write %s as %s', (timezone, instant, expected) => {
  expect(formatDateInZone(instant, timezone)).toBe(expected);
});

test.each([
  ['in summer', '2018-07-01T00:00:00Z', 0],
  ['on the day before clocks go back', '2018-10-27T12:00:00Z', 3_600_000],
  ['on the day before they go forward', '2018-03-24T12:00:00Z', 0],
])('readings that are still to come again, %s', (_, instant, foldMs) => {
  expect(computeFoldMs(new Date(instant), 'Europe/Berlin')).toBe(foldMs);
});

test('a zone is known or not', () => {
  expect(['UTC', 'Asia/Kolkata', 'Mars/Olympus', ''].map(isTimezone)).toEqual([true, true, false, false]);
});
