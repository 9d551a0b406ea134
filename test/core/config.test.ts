/** What airtempo.config.ts may say, and how a mistake is named. */
import { describe, expect, test } from '@jest/globals';
import { defineConfig, parseConfig } from '../../core/config.js';

test('a configuration has no pools unless it says so', () => {
  expect(parseConfig({}, 'here')).toEqual({ pools: {} });
});

test('defineConfig returns what it is given', () => {
  const config = { pools: { redshift: { slots: 4, description: 'the cluster' } } };
  expect(defineConfig(config)).toBe(config);
  expect(parseConfig(config, 'here')).toEqual(config);
});

describe('refuses', () => {
  test('in defineConfig too, which says so', () => {
    expect(() => defineConfig({ pool: {} } as never)).toThrow('defineConfig: the key "pool" is unknown.');
  });

  test.each<[string, unknown, string]>([
    [
      'an unknown key, with the nearest',
      { pool: {} },
      'here: the key "pool" is unknown. Did you mean "pools"?',
    ],
    [
      'an unknown key of a pool, with its place',
      { pools: { redshift: { slot: 4 } } },
      'pools.redshift: the key "slot" is unknown. Did you mean "slots"? Known keys: slots, description.',
    ],
    ['two unknown keys', { a: 1, b: 1 }, 'Known keys: pools. the key "b" is unknown. Known keys: pools.'],
    ['a pool without slots', { pools: { redshift: {} } }, 'pools.redshift.slots: '],
    ['half a slot', { pools: { redshift: { slots: 1.5 } } }, 'pools.redshift.slots: '],
    ['no slot', { pools: { redshift: { slots: 0 } } }, 'pools.redshift.slots: '],
    [
      'a name that is no task queue',
      { pools: { 'red shift': { slots: 1 } } },
      'pools.red shift: a pool is named',
    ],
    ['what is no object', [], 'here: '],
    [
      'several mistakes, all at once',
      { pool: 1, pools: { redshift: { slot: 4, slots: 2 } } },
      'here: pools.redshift: the key "slot" is unknown. Did you mean "slots"? Known keys: slots, description. ' +
        'the key "pool" is unknown. Did you mean "pools"? Known keys: pools.',
    ],
  ])('%s', (_, config, message) => {
    expect(() => parseConfig(config, 'here')).toThrow(message);
    expect(() => parseConfig(config, 'here')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });
});
