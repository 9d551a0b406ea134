/** Faults are counted exactly, and what is clean below them is the clean data. */
import { describe, expect, test } from '@jest/globals';
import { createCatalogue } from '../../generator/catalogue.js';
import { formatChurnLine } from '../../generator/churn/shape.js';
import { type DirtRates, makeLines, NO_DIRT } from '../../generator/dirt.js';
import { generateEvents } from '../../generator/generate-events.js';
import { parseGeneratorSpec } from '../../generator/spec.js';

const catalogue = createCatalogue(1);

function make(users: number, dirt: Partial<DirtRates>) {
  const spec = parseGeneratorSpec({ users, dirt });
  const counts = { ...NO_DIRT };
  const { seed, period } = spec;
  const made = makeLines(
    generateEvents(spec, catalogue),
    formatChurnLine,
    { rates: spec.dirt, seed, counts, end: period.to },
    () => undefined,
  );
  return { lines: [...made], counts, end: period.to };
}

const textsOf = ({ lines }: ReturnType<typeof make>): readonly string[] => lines.map(({ text }) => text);

function parses(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

const clean = make(30, {});
const dirty = make(30, { duplicates: 0.02, late: 0.05, malformed: 0.01 });

describe('dirt', () => {
  test('is none unless asked for', () => {
    expect(clean.counts).toEqual(NO_DIRT);
    expect(textsOf(clean)).toEqual(
      Array.from(generateEvents(parseGeneratorSpec({ users: 30 }), catalogue), formatChurnLine),
    );
  });

  test('counts what it does', () => {
    const texts = textsOf(dirty);
    const whole = texts.filter(parses);
    expect(texts.length - whole.length).toBe(dirty.counts.malformed);
    expect(whole.length - new Set(whole).size).toBe(dirty.counts.duplicates);
    expect(Math.min(dirty.counts.malformed, dirty.counts.duplicates, dirty.counts.late)).toBeGreaterThan(100);
  });

  test('leaves the clean data when copies and broken lines are taken out', () => {
    expect([...new Set(textsOf(dirty).filter(parses))].sort()).toEqual([...textsOf(clean)].sort());
  });

  test('writes late lines after others that happened later, and all within the period', () => {
    const times = textsOf(make(30, { late: 0.05 })).map(
      (text) => (JSON.parse(text) as { readonly ts: number }).ts,
    );
    expect(times.filter((ts, index) => ts < (times[index - 1] ?? 0)).length).toBeGreaterThan(100);
    expect(dirty.lines.every(({ at }, index) => at >= (dirty.lines[index - 1]?.at ?? 0))).toBe(true);
    expect(dirty.lines.every(({ at }) => at < dirty.end)).toBe(true);
  });

  test('encodes names twice, and nothing else', () => {
    const { counts, ...encoded } = make(30, { doubleEncoded: 1 });
    const before = textsOf(clean);
    const changed = encoded.lines.filter(({ text }, index) => text !== before[index]);
    expect(changed).toHaveLength(counts.doubleEncoded);
    const decode = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
    expect(encoded.lines.map(({ text }) => decode(decode(text)))).toEqual(before);
  });

  test('is the same for the first users of a larger run', () => {
    // no malformed lines: a piece of a few letters may be of anybody's
    const rates = { duplicates: 0.02, late: 0.05, doubleEncoded: 0.5 };
    const [small, large] = [make(10, rates), make(25, rates)];
    const known = new Set(textsOf(small));
    expect(textsOf(large).filter((text) => known.has(text))).toEqual(textsOf(small));
  });
});
