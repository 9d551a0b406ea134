/**
 * Trigger rules: when a task may run, given the states of its direct upstream. One table, Airflow's.
 * Pure and without checks of its input: `evaluateTriggerRule` is the door for outside values.
 */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'all_done_min_one_success',
  'all_done_setup_success',
  'always',
] as const;

export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** How many task instances there are, and how many ended in which way. The rest are not done yet. */
export interface UpstreamCounts {
  readonly total: number;
  readonly success: number;
  readonly skipped: number;
  readonly failed: number;
  readonly upstreamFailed: number;
  readonly removed: number;
}

/** What a trigger rule looks at. */
export interface RuleFacts {
  /** The direct upstream task instances; mapped ones count singly. */
  readonly upstream: UpstreamCounts;
  /** Those of the upstream that are setups; only `all_done_setup_success` reads it. */
  readonly setups: UpstreamCounts;
  /** Whether the task is one instance of a mapped task: it then overlooks removed upstream instances. */
  readonly mapped: boolean;
  /** The position of a mapped instance; -1 for others, and when unknown. */
  readonly mapIndex: number;
}

/** A state that a rule gives a task without running it. */
export type ForcedState = 'skipped' | 'upstream_failed' | 'removed';

/** What a rule says: run, wait, or take this state at once. */
export type RuleVerdict = 'run' | 'wait' | ForcedState;

interface Rule {
  /** A state that the task takes at once, whether or not the rest of the upstream is done. */
  forced(facts: RuleFacts): ForcedState | undefined;
  /** Whether the task may run; asked only when no state is forced. */
  gate(facts: RuleFacts): boolean;
  /** What the rule needs, for "why is it not running". */
  readonly needs: string;
}

/** No task instances at all. */
export const NO_COUNTS: UpstreamCounts = Object.freeze({
  total: 0,
  success: 0,
  skipped: 0,
  failed: 0,
  upstreamFailed: 0,
  removed: 0,
});

/** How many of the instances are done, in whichever way. */
export function countDone(counts: UpstreamCounts): number {
  return counts.success + counts.skipped + counts.failed + counts.upstreamFailed + counts.removed;
}

const isDone = ({ upstream }: RuleFacts): boolean => countDone(upstream) >= upstream.total;
const countFailures = ({ upstream }: RuleFacts): number => upstream.failed + upstream.upstreamFailed;
const countOverlooked = ({ upstream, mapped }: RuleFacts): number => (mapped ? upstream.removed : 0);
const isSurplus = ({ upstream, mapIndex }: RuleFacts): boolean =>
  upstream.removed > 0 && upstream.success > 0 && mapIndex >= upstream.success;
const neverForced = (): undefined => undefined;

const RULES: Readonly<Record<TriggerRule, Rule>> = {
  all_success: {
    forced: (facts) => {
      if (countFailures(facts) > 0) return 'upstream_failed';
      if (facts.upstream.skipped > 0) return 'skipped';
      return isSurplus(facts) ? 'removed' : undefined;
    },
    gate: (facts) => facts.upstream.total - facts.upstream.success - countOverlooked(facts) === 0,
    needs: 'all of them to succeed',
  },
  all_failed: {
    forced: ({ upstream }) => (upstream.success + upstream.skipped > 0 ? 'skipped' : undefined),
    gate: (facts) => facts.upstream.total - countFailures(facts) - countOverlooked(facts) === 0,
    needs: 'all of them to fail',
  },
  all_done: { forced: neverForced, gate: isDone, needs: 'all of them to be done' },
  all_skipped: {
    forced: (facts) => (facts.upstream.success + countFailures(facts) > 0 ? 'skipped' : undefined),
    gate: ({ upstream }) => upstream.total - upstream.skipped === 0,
    needs: 'all of them to be skipped',
  },
  one_success: {
    forced: (facts) => {
      if (!isDone(facts)) return undefined;
      if (countDone(facts.upstream) === facts.upstream.skipped) return 'skipped';
      return facts.upstream.success === 0 ? 'upstream_failed' : undefined;
    },
    gate: ({ upstream }) => upstream.success >= 1,
    needs: 'one of them to succeed',
  },
  one_failed: {
    forced: (facts) => (isDone(facts) && countFailures(facts) === 0 ? 'skipped' : undefined),
    gate: (facts) => countFailures(facts) >= 1,
    needs: 'one of them to fail',
  },
  one_done: {
    forced: (facts) =>
      isDone(facts) && facts.upstream.failed + facts.upstream.success === 0 ? 'skipped' : undefined,
    gate: ({ upstream }) => upstream.success + upstream.failed >= 1,
    needs: 'one of them to succeed or fail',
  },
  none_failed: {
    forced: (facts) => (countFailures(facts) > 0 ? 'upstream_failed' : undefined),
    gate: (facts) => countUnsettled(facts) === 0,
    needs: 'all of them to succeed or be skipped',
  },
  none_failed_min_one_success: {
    forced: (facts) => {
      if (countFailures(facts) > 0) return 'upstream_failed';
      return facts.upstream.skipped === facts.upstream.total ? 'skipped' : undefined;
    },
    gate: (facts) => countUnsettled(facts) === 0,
    needs: 'all of them to succeed or be skipped, and one to succeed',
  },
  none_skipped: {
    forced: ({ upstream }) => (upstream.skipped > 0 ? 'skipped' : undefined),
    gate: isDone,
    needs: 'all of them to be done and none skipped',
  },
  all_done_min_one_success: {
    forced: (facts) => {
      if (facts.upstream.skipped > 0) return 'skipped';
      return isDone(facts) && facts.upstream.success === 0 ? 'upstream_failed' : undefined;
    },
    gate: isDone,
    needs: 'all of them to be done, none skipped and one to succeed',
  },
  all_done_setup_success: {
    forced: (facts) => {
      if (!isDone(facts) || facts.setups.total === 0) return undefined;
      if (facts.setups.skipped >= facts.setups.total) return 'skipped';
      return facts.setups.success === 0 ? 'upstream_failed' : undefined;
    },
    gate: isDone,
    needs: 'all of them to be done and one of its setups to succeed',
  },
  always: { forced: neverForced, gate: () => true, needs: 'nothing' },
};

/** N−S−K(−R): the upstream that neither succeeded nor was skipped. */
function countUnsettled(facts: RuleFacts): number {
  const { total, success, skipped } = facts.upstream;
  return total - success - skipped - countOverlooked(facts);
}

/** Whether a value is the name of a trigger rule. */
export function isTriggerRule(value: unknown): value is TriggerRule {
  return typeof value === 'string' && Object.hasOwn(RULES, value);
}

/** The rule of a task that names none: `all_success`, or `all_done_setup_success` for a teardown. */
export function defaultTriggerRule(task: { readonly teardown?: boolean }): TriggerRule {
  return task.teardown === true ? 'all_done_setup_success' : 'all_success';
}

/** Decides by one rule. The caller guarantees counts that add up; constant time, no allocation. */
export function decideTriggerRule(rule: TriggerRule, facts: RuleFacts): RuleVerdict {
  if (facts.upstream.total === 0) return 'run';
  const table = RULES[rule];
  return table.forced(facts) ?? (table.gate(facts) ? 'run' : 'wait');
}

/** Says in a few words why a rule decided so, e.g. `waits for 2 of 3 upstream tasks; …`. */
export function explainTriggerRule(rule: TriggerRule, facts: RuleFacts): string {
  const { upstream } = facts;
  const verdict = decideTriggerRule(rule, facts);
  const law = `trigger rule ${rule} needs ${RULES[rule].needs}`;
  const seen = describeCounts(upstream);
  if (verdict === 'run') return `may run: ${law}; upstream: ${seen}`;
  if (verdict !== 'wait') return `is ${verdict}: ${law}; upstream: ${seen}`;
  const open = upstream.total - countDone(upstream);
  if (open === 0) return `can never run: ${law}; upstream: ${seen}`;
  return `waits for ${open} of ${upstream.total} upstream tasks; ${law}; upstream: ${seen}`;
}

function describeCounts(counts: UpstreamCounts): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.success, 'success'],
    [counts.skipped, 'skipped'],
    [counts.failed, 'failed'],
    [counts.upstreamFailed, 'upstream_failed'],
    [counts.removed, 'removed'],
    [counts.total - countDone(counts), 'not done'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(', ');
}
