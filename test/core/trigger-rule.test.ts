/** Airflow's trigger-rule table, row by row. N, S, K, F, U, R: total, success, skipped, failed, upstream_failed, removed. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluateTriggerRule, TRIGGER_RULES } from '../../core/index.js';
import type { TriggerRule, TriggerRuleInput, UpstreamCounts } from '../../core/index.js';
import { explainTriggerRule, NO_COUNTS, type RuleFacts } from '../../core/trigger-rule.js';

type Answer = 'run' | 'wait' | 'skipped' | 'upstream_failed' | 'removed';

/** `3 S2 K1` as counts. */
function counts(text: string): Partial<UpstreamCounts> {
  const names = { S: 'success', K: 'skipped', F: 'failed', U: 'upstreamFailed', R: 'removed' } as const;
  const [total, ...states] = text.split(' ');
  const parsed = states.map((state) => [names[state[0] as keyof typeof names], Number(state.slice(1))]);
  return { total: Number(total), ...Object.fromEntries(parsed) };
}

function answer(input: TriggerRuleInput): Answer {
  const result = evaluateTriggerRule(input);
  return result.decision === 'force' ? result.state : result.decision;
}

/** The refusal that a call ends in. */
function refusal(input: unknown): unknown {
  try {
    return evaluateTriggerRule(input as TriggerRuleInput);
  } catch (error) {
    return error;
  }
}

const TABLE: Readonly<Record<TriggerRule, readonly (readonly [upstream: string, answer: Answer])[]>> = {
  all_success: [
    ['3', 'wait'],
    ['3 S2', 'wait'],
    ['3 S3', 'run'],
    ['3 F1', 'upstream_failed'],
    ['3 U1', 'upstream_failed'],
    ['3 K1', 'skipped'],
    ['3 K1 F1', 'upstream_failed'],
    ['3 K1 U1', 'upstream_failed'],
    ['3 S2 R1', 'wait'],
  ],
  all_failed: [
    ['3', 'wait'],
    ['3 F1 U1', 'wait'],
    ['3 F2 U1', 'run'],
    ['3 U3', 'run'],
    ['3 S1', 'skipped'],
    ['3 K1', 'skipped'],
    ['3 F1 S1', 'skipped'],
    ['3 F2 R1', 'wait'],
  ],
  all_done: [
    ['3', 'wait'],
    ['3 S1 F1', 'wait'],
    ['3 S1 F1 K1', 'run'],
    ['3 U1 R1 K1', 'run'],
  ],
  all_skipped: [
    ['3', 'wait'],
    ['3 K2', 'wait'],
    ['3 K3', 'run'],
    ['3 S1', 'skipped'],
    ['3 F1', 'skipped'],
    ['3 U1', 'skipped'],
    ['3 K2 R1', 'wait'],
  ],
  one_success: [
    ['3', 'wait'],
    ['3 F2', 'wait'],
    ['3 S1', 'run'],
    ['3 S1 F2', 'run'],
    ['3 K3', 'skipped'],
    ['3 F3', 'upstream_failed'],
    ['3 K2 F1', 'upstream_failed'],
    ['3 K2 R1', 'upstream_failed'],
    ['3 K2', 'wait'],
  ],
  one_failed: [
    ['3', 'wait'],
    ['3 S2', 'wait'],
    ['3 F1', 'run'],
    ['3 U1', 'run'],
    ['3 S3', 'skipped'],
    ['3 S1 K1 R1', 'skipped'],
    ['3 S2 U1', 'run'],
  ],
  one_done: [
    ['3', 'wait'],
    ['3 S1', 'run'],
    ['3 F1', 'run'],
    ['3 U1', 'wait'],
    ['3 K2', 'wait'],
    ['3 U3', 'skipped'],
    ['3 K1 U1 R1', 'skipped'],
    ['3 K2 S1', 'run'],
    ['2 S1 F1', 'run'],
  ],
  none_failed: [
    ['3', 'wait'],
    ['3 S1 K1', 'wait'],
    ['3 S1 K2', 'run'],
    ['3 K3', 'run'],
    ['3 F1', 'upstream_failed'],
    ['3 U1 K1', 'upstream_failed'],
    ['3 S2 R1', 'wait'],
  ],
  none_failed_min_one_success: [
    ['3', 'wait'],
    ['3 S1 K1', 'wait'],
    ['3 S1 K2', 'run'],
    ['3 K3', 'skipped'],
    ['3 F1', 'upstream_failed'],
    ['3 K2 F1', 'upstream_failed'],
    ['3 K2 U1', 'upstream_failed'],
    ['3 S2 R1', 'wait'],
  ],
  none_skipped: [
    ['3', 'wait'],
    ['3 S2', 'wait'],
    ['3 S1 F1 U1', 'run'],
    ['3 S2 R1', 'run'],
    ['3 K1', 'skipped'],
    ['3 K1 F2', 'skipped'],
  ],
  all_done_min_one_success: [
    ['3', 'wait'],
    ['3 S2', 'wait'],
    ['3 S1 F1 U1', 'run'],
    ['3 S1 R2', 'run'],
    ['3 F2 U1', 'upstream_failed'],
    ['3 R3', 'upstream_failed'],
    ['3 F2', 'wait'],
    ['3 K1', 'skipped'],
    ['3 K1 F2', 'skipped'],
  ],
  all_done_setup_success: [
    ['3', 'wait'],
    ['3 S2', 'wait'],
    ['3 S1 F1 K1', 'run'],
    ['3 F3', 'run'],
  ],
  always: [
    ['3', 'run'],
    ['3 F3', 'run'],
    ['3 K3', 'run'],
    ['3 S1 R2', 'run'],
  ],
};

describe.each(TRIGGER_RULES)('%s', (rule) => {
  test.each(TABLE[rule])('upstream %s → %s', (upstream, expected) => {
    expect(answer({ rule, upstream: counts(upstream) })).toBe(expected);
  });

  test('runs without upstream', () => {
    expect(evaluateTriggerRule({ rule })).toEqual({ decision: 'run' });
    expect(answer({ rule, upstream: {} })).toBe('run');
    expect(answer({ rule, upstream: { total: 0 }, mapIndex: 3 })).toBe('run');
  });
});

test.each<[TriggerRule, string, number, Answer]>([
  ['all_success', '3 S2 R1', 0, 'run'],
  ['all_success', '3 S2 R1', 1, 'run'],
  ['all_success', '3 S2 R1', 2, 'removed'],
  ['all_success', '3 S1 R1', 1, 'removed'],
  ['all_success', '3 S1 R1', 0, 'wait'],
  ['all_success', '3 R3', 0, 'run'],
  ['all_success', '3 S2', 2, 'wait'],
  ['all_success', '3 S1 R1 K1', 5, 'skipped'],
  ['all_success', '3 S1 R1 F1', 5, 'upstream_failed'],
  ['all_failed', '3 F1 U1 R1', 0, 'run'],
  ['all_skipped', '3 K2 R1', 0, 'wait'],
  ['none_failed', '3 S1 K1 R1', 0, 'run'],
  ['none_failed_min_one_success', '3 S1 K1 R1', 0, 'run'],
  ['none_failed_min_one_success', '3 K2 R1', 0, 'run'],
  ['all_done_min_one_success', '3 S2 R1', 7, 'run'],
])(
  'a mapped task with %s overlooks removed upstream: %s at index %i → %s',
  (rule, upstream, mapIndex, expected) => {
    expect(answer({ rule, upstream: counts(upstream), mapIndex })).toBe(expected);
    expect(answer({ rule, upstream: counts(upstream), mapped: true, mapIndex })).toBe(expected);
  },
);

test('a mapped task of unknown index overlooks removed upstream and is never removed', () => {
  expect(answer({ rule: 'all_success', upstream: counts('3 S2 R1'), mapped: true })).toBe('run');
  expect(answer({ rule: 'all_success', upstream: counts('3 S2 R1'), mapIndex: -1 })).toBe('wait');
});

test.each([
  ['3 S2', '1 S1', 'wait'],
  ['3 S1 F2', '1 S1', 'run'],
  ['3 S1 F2', '2 S1 F1', 'run'],
  ['3 S1 K2', '2 S1 K1', 'run'],
  ['3 K3', '2 K2', 'skipped'],
  ['3 S1 K2', '2 K2', 'skipped'],
  ['3 F1 K2', '2 F1 K1', 'upstream_failed'],
  ['3 U3', '1 U1', 'upstream_failed'],
  ['3 S2 F1', '1 F1', 'upstream_failed'],
  ['3 S3', '0', 'run'],
] as const)('a teardown with upstream %s and setups %s → %s', (upstream, setups, expected) => {
  expect(answer({ rule: 'all_done_setup_success', upstream: counts(upstream), setups: counts(setups) })).toBe(
    expected,
  );
});

test('other rules do not look at setups', () => {
  expect(answer({ rule: 'all_done', upstream: counts('2 F1 S1'), setups: counts('1 F1') })).toBe('run');
});

test.each([
  [{ rule: 'all_success', upstream: { total: 3, success: 1 } }, 'waits for 2 of 3 upstream tasks'],
  [
    { rule: 'one_success', upstream: { total: 3, failed: 2 } },
    'one of them to succeed; upstream: 2 failed, 1 not done',
  ],
  [
    { rule: 'all_success', upstream: { total: 2, upstreamFailed: 1 } },
    'is upstream_failed: trigger rule all_success',
  ],
  [{ rule: 'all_success', upstream: { total: 2, success: 1, removed: 1 } }, 'can never run'],
] as const)('says why: %j → %s', (input, reason) => {
  expect(evaluateTriggerRule(input)).toMatchObject({ reason: expect.stringContaining(reason) });
});

test.each<[TriggerRule, string]>([
  ['all_success', 'all of them to succeed'],
  ['all_failed', 'all of them to fail'],
  ['all_done', 'all of them to be done'],
  ['all_skipped', 'all of them to be skipped'],
  ['one_success', 'one of them to succeed'],
  ['one_failed', 'one of them to fail'],
  ['one_done', 'one of them to succeed or fail'],
  ['none_failed', 'all of them to succeed or be skipped'],
  ['none_failed_min_one_success', 'all of them to succeed or be skipped, and one to succeed'],
  ['none_skipped', 'all of them to be done and none skipped'],
  ['all_done_min_one_success', 'all of them to be done, none skipped and one to succeed'],
  ['all_done_setup_success', 'all of them to be done and one of its setups to succeed'],
])('a task that waits with %s needs %s', (rule, needs) => {
  const reason = `waits for 2 of 2 upstream tasks; trigger rule ${rule} needs ${needs}; upstream: 2 not done`;
  expect(evaluateTriggerRule({ rule, upstream: { total: 2 } })).toEqual({ decision: 'wait', reason });
});

test('the upstream is told state by state, whatever the answer', () => {
  const upstream = { total: 12, success: 1, skipped: 2, failed: 1, upstreamFailed: 2, removed: 1 };
  const told = '1 success, 2 skipped, 1 failed, 2 upstream_failed, 1 removed, 5 not done';
  expect(evaluateTriggerRule({ rule: 'none_skipped', upstream })).toEqual({
    decision: 'force',
    state: 'skipped',
    reason: `is skipped: trigger rule none_skipped needs all of them to be done and none skipped; upstream: ${told}`,
  });
  const facts: RuleFacts = { upstream, setups: NO_COUNTS, mapped: false, mapIndex: -1 };
  expect(explainTriggerRule('always', facts)).toBe(
    `may run: trigger rule always needs nothing; upstream: ${told}`,
  );
});

test.each([
  [undefined, 'The input is undefined'],
  [[], 'The input is []'],
  [{ rule: 'all_succes' }, 'Did you mean "all_success"?'],
  [{ rule: 'toString' }, 'The rule "toString" is unknown. Use one of: all_success, all_failed, all_done,'],
  [{ rule: ['always'] }, 'The rule ["always"] is unknown. Use one of: all_success'],
  [{ upstream: { total: 1 } }, 'The rule undefined is unknown. Use one of: all_success'],
  [
    { rule: 'always', upstreams: {} },
    '"upstreams" in the input is unknown. Did you mean "upstream"? Known: rule, upstream, setups, mapped, mapIndex.',
  ],
  [{ rule: 'always', setups: 3 }, 'setups is 3. Give an object of counts.'],
  [{ rule: 'always', upstream: { total: 1, upstream_failed: 1 } }, 'Did you mean "upstreamFailed"?'],
  [{ rule: 'always', upstream: 3 }, 'upstream is 3'],
  [{ rule: 'always', upstream: { total: -1 } }, 'upstream.total is -1'],
  [{ rule: 'always', upstream: { total: 1, success: 0.5 } }, 'upstream.success is 0.5'],
  [{ rule: 'always', upstream: { total: '1' } }, 'upstream.total is "1"'],
  [{ rule: 'always', upstream: { total: Number.NaN } }, 'upstream.total is NaN'],
  [
    { rule: 'always', upstream: { total: 1, success: 1, failed: 1 } },
    'add up to 2, more than its total of 1. Let total count every upstream task, done or not.',
  ],
  [{ rule: 'always', upstream: { success: 1 } }, 'add up to 1, more than its total of 0'],
  [
    { rule: 'always', upstream: { total: 1 }, setups: { total: 2 } },
    'setups.total is 2 but upstream.total is 1. Setups are part of the upstream: count each in both.',
  ],
  [
    { rule: 'always', upstream: { total: 2 }, setups: { total: 1, failed: 1 } },
    'setups.failed is 1 but upstream.failed is 0',
  ],
  [{ rule: 'always', mapIndex: 1.5 }, 'mapIndex is 1.5'],
  [{ rule: 'always', mapped: 'yes' }, 'mapped is "yes"'],
  [{ rule: 'always', mapped: false, mapIndex: 0 }, 'mapIndex is 0 but mapped is false'],
])('refuses %j', (input, message) => {
  expect(refusal(input)).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});

test('an absent count is 0', () => {
  const upstream = { total: 1, success: 1, failed: undefined } as unknown as Partial<UpstreamCounts>;
  expect(answer({ rule: 'all_success', upstream })).toBe('run');
  expect(answer({ rule: 'one_failed', upstream })).toBe('skipped');
});

test('once all upstream is done, only removed upstream can leave a task waiting', () => {
  const states = fc.array(fc.constantFrom('success', 'skipped', 'failed', 'upstreamFailed'), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.constantFrom(...TRIGGER_RULES), states, fc.boolean(), (rule, ends, mapped) => {
      const ended = (state: string): number => ends.filter((end) => end === state).length;
      const upstream = {
        total: ends.length,
        success: ended('success'),
        skipped: ended('skipped'),
        failed: ended('failed'),
        upstreamFailed: ended('upstreamFailed'),
      };
      expect(answer({ rule, upstream, mapped })).not.toBe('wait');
    }),
  );
});
