/**
 * `evaluateTriggerRule`: the trigger-rule table for outside callers, on plain JSON. It checks its input
 * and explains its answer; the table itself is in trigger-rule.ts.
 */
import { AirtempoError } from './errors.js';
import { isCount, isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';
import {
  countDone,
  decideTriggerRule,
  explainTriggerRule,
  isTriggerRule,
  NO_COUNTS,
  TRIGGER_RULES,
} from './trigger-rule.js';
import type { ForcedState, RuleFacts, TriggerRule, UpstreamCounts } from './trigger-rule.js';

/** What a trigger rule is asked about. Absent counts are 0. */
export interface TriggerRuleInput {
  readonly rule: TriggerRule;
  /** The direct upstream task instances, mapped ones counted singly; those without a state are not done. */
  readonly upstream?: Partial<UpstreamCounts>;
  /** Those of the upstream that are setups; only `all_done_setup_success` reads it. */
  readonly setups?: Partial<UpstreamCounts>;
  /** Whether the task is an instance of a mapped task. Default: whether `mapIndex` is 0 or more. */
  readonly mapped?: boolean;
  /** The position of a mapped instance, from 0; -1 (the default) for a task that is not mapped. */
  readonly mapIndex?: number;
}

/** `run`: may start now. `wait`: nothing is decided yet. `force`: takes `state` without running. */
export type TriggerRuleDecision =
  | { readonly decision: 'run' }
  | { readonly decision: 'wait'; readonly reason: string }
  | { readonly decision: 'force'; readonly state: ForcedState; readonly reason: string };

const INPUT_KEYS = ['rule', 'upstream', 'setups', 'mapped', 'mapIndex'];
const COUNT_KEYS = Object.keys(NO_COUNTS);

/**
 * Decides whether a task may run, must wait or takes a state without running, from its trigger rule and
 * the counts of its direct upstream. Throws INVALID_ARGUMENT for an unknown rule or field, for a count
 * that is not 0, 1, 2 …, and for counts that add up to more than `total`.
 */
export function evaluateTriggerRule(input: TriggerRuleInput): TriggerRuleDecision {
  const { rule, facts } = parseInput(input);
  const verdict = decideTriggerRule(rule, facts);
  if (verdict === 'run') return { decision: 'run' };
  const reason = explainTriggerRule(rule, facts);
  return verdict === 'wait' ? { decision: 'wait', reason } : { decision: 'force', state: verdict, reason };
}

function parseInput(input: unknown): { readonly rule: TriggerRule; readonly facts: RuleFacts } {
  if (!isRecord(input))
    throw invalid(`The input is ${showValue(input)}. Give an object with rule and upstream.`);
  checkKeys('the input', input, INPUT_KEYS);
  if (!isTriggerRule(input['rule'])) throw unknownRule(input['rule']);
  const upstream = parseCounts('upstream', input['upstream']);
  const setups = parseCounts('setups', input['setups']);
  for (const key of COUNT_KEYS as readonly (keyof UpstreamCounts)[]) {
    if (setups[key] > upstream[key]) {
      throw invalid(
        `setups.${key} is ${setups[key]} but upstream.${key} is ${upstream[key]}. ` +
          `Setups are part of the upstream: count each in both.`,
      );
    }
  }
  return { rule: input['rule'], facts: { upstream, setups, ...parseMapping(input) } };
}

function parseMapping(input: Readonly<Record<string, unknown>>): Pick<RuleFacts, 'mapped' | 'mapIndex'> {
  const mapIndex = input['mapIndex'] ?? -1;
  if (mapIndex !== -1 && !isCount(mapIndex)) {
    throw invalid(`mapIndex is ${showValue(mapIndex)}. Use 0, 1, 2 …, or -1 for a task that is not mapped.`);
  }
  const mapped = input['mapped'] ?? mapIndex >= 0;
  if (typeof mapped !== 'boolean') throw invalid(`mapped is ${showValue(mapped)}. Use true or false.`);
  if (!mapped && mapIndex >= 0) {
    throw invalid(`mapIndex is ${mapIndex} but mapped is false. Leave one of them out.`);
  }
  return { mapped, mapIndex };
}

function parseCounts(name: string, value: unknown): UpstreamCounts {
  if (value === undefined) return NO_COUNTS;
  if (!isRecord(value)) throw invalid(`${name} is ${showValue(value)}. Give an object of counts.`);
  checkKeys(name, value, COUNT_KEYS);
  for (const [key, count] of Object.entries(value)) {
    if (count !== undefined && !isCount(count)) {
      throw invalid(`${name}.${key} is ${showValue(count)}. Use a whole number from 0.`);
    }
  }
  const counts = { ...NO_COUNTS, ...withoutUndefined(value) };
  if (countDone(counts) > counts.total) {
    throw invalid(
      `The states in ${name} add up to ${countDone(counts)}, more than its total of ${counts.total}. ` +
        `Let total count every upstream task, done or not.`,
    );
  }
  return counts;
}

function withoutUndefined(value: Readonly<Record<string, unknown>>): Partial<UpstreamCounts> {
  return Object.fromEntries(Object.entries(value).filter(([, count]) => count !== undefined));
}

function checkKeys(place: string, value: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw invalid(
      `${JSON.stringify(key)} in ${place} is unknown.${suggest(key, known)} Known: ${known.join(', ')}.`,
    );
  }
}

function unknownRule(rule: unknown): AirtempoError {
  const hint = typeof rule === 'string' ? suggest(rule, TRIGGER_RULES) : '';
  return invalid(`The rule ${showValue(rule)} is unknown.${hint} Use one of: ${TRIGGER_RULES.join(', ')}.`);
}

function invalid(problem: string): AirtempoError {
  return new AirtempoError('INVALID_ARGUMENT', `A trigger rule cannot be evaluated. ${problem}`);
}
