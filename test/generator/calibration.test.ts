/** The figures that the calibration rests on, and the dials, on a sample that is small but large enough to see them turn. */
import { describe, expect, test } from '@jest/globals';
import { AliasTable, zipfMandelbrot } from '../../generator/alias-table.js';
import { fraction, mean, quantile, ratio } from '../../generator/calibration/statistics.js';
import { createCatalogue } from '../../generator/catalogue.js';
import { generateEvents } from '../../generator/generate-events.js';
import { type PresetName } from '../../generator/presets.js';
import { RandomStream } from '../../generator/random.js';
import { parseGeneratorSpec } from '../../generator/spec.js';

describe('random streams', () => {
  const draws = (stream: RandomStream): readonly number[] => Array.from({ length: 5 }, () => stream.bits());

  test('differ by seed, purpose and index, and by nothing else', () => {
    const first = draws(new RandomStream(1, 'session', 7));
    expect(draws(new RandomStream(1, 'session', 7))).toEqual(first);
    for (const other of [
      new RandomStream(2, 'session', 7),
      new RandomStream(1, 'mood', 7),
      new RandomStream(1, 'session', 8),
    ])
      expect(draws(other)).not.toEqual(first);
  });

  test('give the same numbers on every machine', () => {
    expect(draws(new RandomStream(1, 'session', 0))).toEqual(PINNED);
  });

  test.each([
    ['uniform', (random: RandomStream) => random.next(), 0.5, Math.sqrt(1 / 12)],
    ['exponential', (random: RandomStream) => random.exponential(), 1, 1],
    ['normal', (random: RandomStream) => random.normal(), 0, 1],
  ])('are %s with the right mean and deviation', (_name, draw, expected, deviation) => {
    const random = new RandomStream(3, 'session', 1);
    const values = Array.from({ length: 40_000 }, () => draw(random));
    const found = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - found) ** 2, 0) / values.length;
    expect(Math.abs(found - expected)).toBeLessThan((5 * deviation) / 200);
    expect(Math.abs(Math.sqrt(variance) - deviation)).toBeLessThan(0.03 * deviation);
  });
});

test('an alias table draws in proportion to its weights', () => {
  const table = new AliasTable([1, 0, 3, 6]);
  const random = new RandomStream(1, 'session', 1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 20_000; draw += 1) counts[table.draw(random)]! += 1;
  expect(counts[1]).toBe(0);
  [0.1, 0, 0.3, 0.6].forEach((share, index) =>
    expect(Math.abs(counts[index]! / 20_000 - share)).toBeLessThan(0.015),
  );
  const [first, second] = zipfMandelbrot(2, 1, 1);
  expect([first, second]).toEqual([1 / 2, 1 / 3]);
});

describe('statistics', () => {
  test('have the known figures', () => {
    expect(mean([1, 2, 3, 4]).found).toBe(2.5);
    expect(mean([1, 2, 3, 4]).chance).toBeCloseTo(4 * Math.sqrt(5 / 3 / 4));
    expect(quantile([4, 1, 3, 2], 0.5).found).toBe(2.5);
    expect(quantile([5], 0.9).found).toBe(5);
    expect(ratio([[1, 10], [3, 10]], 1000).found).toBe(200); // prettier-ignore
    expect(ratio([[2, 10], [4, 20]]).chance).toBe(0); // prettier-ignore
    expect(fraction(25, 100, 0.2)).toEqual({ found: 0.25, chance: 4 * Math.sqrt(0.16 / 100) });
  });
});

describe('the catalogue', () => {
  const { songs } = createCatalogue(5);

  test('names every song once, and a band or person for each', () => {
    expect(new Set(songs.map(({ title }) => title)).size).toBe(100_000);
    expect(new Set(songs.map(({ artist }) => artist)).size).toBe(22_000);
  });

  test('is of the seed alone', () => {
    expect(createCatalogue(5).songs[77]).toEqual(songs[77]);
    expect(createCatalogue(6).songs[77]).not.toEqual(songs[77]);
  });
});

describe('presets', () => {
  const catalogue = createCatalogue(1);

  /** Thumbs down for 1,000 songs of those who cancel and those who stay. */
  function contrast(preset: PresetName): number {
    const totals = new Map<number, { songs: number; down: number; cancelled: boolean }>();
    for (const { person, page } of generateEvents(parseGeneratorSpec({ users: 350, preset }), catalogue)) {
      const total = totals.get(person.index) ?? { songs: 0, down: 0, cancelled: false };
      totals.set(person.index, total);
      if (page === 'NextSong') total.songs += 1;
      if (page === 'Thumbs Down') total.down += 1;
      if (page === 'Cancellation Confirmation') total.cancelled = true;
    }
    const rate = (cancelled: boolean): number => {
      const group = [...totals.values()].filter((total) => total.cancelled === cancelled);
      return (
        group.reduce((sum, { down }) => sum + down, 0) / group.reduce((sum, { songs }) => sum + songs, 0)
      );
    };
    return rate(true) / rate(false);
  }

  test('differ in how much those who cancel dislike what they hear', () => {
    const [faithful, signal] = [contrast('faithful'), contrast('signal')];
    expect(faithful).toBeLessThan(1.8);
    expect(signal).toBeGreaterThan(2 * faithful);
  });
});

const PINNED: readonly number[] = [1579438124, -1661878052, 1703433158, -407738409, -193507204];
