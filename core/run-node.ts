/**
 * A task of a run in flight: its state, and counts of how its upstream ended. The counts make deciding
 * about a task O(1), and so a whole run O(tasks + edges). Internal to the run state machine.
 */
import type { Priority, RunGraph, RunGraphTask } from './graph.js';
import { DEFAULT_PRIORITY } from './ready-queue.js';
import { computeSetupScopes } from './setup-scope.js';
import type { FinalTaskState, TaskState } from './states.js';
import {
  countDone,
  decideTriggerRule,
  defaultTriggerRule,
  explainTriggerRule,
  NO_COUNTS,
} from './trigger-rule.js';
import type { RuleFacts, RuleVerdict, TriggerRule, UpstreamCounts } from './trigger-rule.js';

type MutableCounts = { -readonly [K in keyof UpstreamCounts]: UpstreamCounts[K] };

/** One task and what is known about it. */
export interface RunNode {
  readonly task: RunGraphTask;
  readonly rule: TriggerRule;
  readonly priority: Priority;
  readonly downstream: RunNode[];
  /** For a setup: the tasks it guards besides its direct downstream. */
  readonly guarded: RunNode[];
  readonly upstreamCounts: MutableCounts;
  readonly directSetupCounts: MutableCounts;
  readonly guardCounts: MutableCounts;
  readonly facts: RuleFacts;
  /** The setups further up, which must all succeed: the same question as `all_success`. */
  readonly guardFacts: RuleFacts;
  state: TaskState;
  /** The tasks that this one skipped when it ended, as a branch or short circuit. */
  skips: readonly RunNode[] | undefined;
  /** Cleared while it runs: once it has ended it starts again, however it ended. */
  restarts: boolean;
  /** Depends on the past, and nobody has said yet that the previous run lets it start. */
  awaitsPast: boolean;
}

const COUNT_OF: Readonly<Record<FinalTaskState, Exclude<keyof UpstreamCounts, 'total'>>> = {
  success: 'success',
  skipped: 'skipped',
  failed: 'failed',
  upstream_failed: 'upstreamFailed',
  removed: 'removed',
};

/** Builds the nodes of a checked graph, in graph order, keyed by task id. */
export function createRunNodes(graph: RunGraph): ReadonlyMap<string, RunNode> {
  const nodes = new Map(graph.tasks.map((task) => [task.id, createNode(task)]));
  const pick = (id: string): RunNode[] => [nodes.get(id)].filter((node) => node !== undefined);
  for (const node of nodes.values()) {
    for (const parent of node.task.upstream.flatMap(pick)) {
      parent.downstream.push(node);
      node.upstreamCounts.total += 1;
      if (parent.task.setup === true) node.directSetupCounts.total += 1;
    }
  }
  for (const [setupId, taskIds] of computeSetupScopes(graph)) {
    for (const setup of pick(setupId)) setup.guarded.push(...taskIds.flatMap(pick));
  }
  for (const node of nodes.values()) {
    for (const guarded of node.guarded) guarded.guardCounts.total += 1;
  }
  return nodes;
}

function createNode(task: RunGraphTask): RunNode {
  const upstreamCounts = { ...NO_COUNTS };
  const directSetupCounts = { ...NO_COUNTS };
  const guardCounts = { ...NO_COUNTS };
  return {
    task,
    rule: task.triggerRule ?? defaultTriggerRule(task),
    priority: task.priority ?? DEFAULT_PRIORITY,
    downstream: [],
    guarded: [],
    upstreamCounts,
    directSetupCounts,
    guardCounts,
    facts: { upstream: upstreamCounts, setups: directSetupCounts, mapped: false, mapIndex: -1 },
    guardFacts: { upstream: guardCounts, setups: NO_COUNTS, mapped: false, mapIndex: -1 },
    state: 'none',
    skips: undefined,
    restarts: false,
    awaitsPast: task.dependsOnPast === true,
  };
}

/** Tells the tasks below how a task ended. Returns those that heard of it. */
export function countEnd(node: RunNode, state: FinalTaskState): readonly RunNode[] {
  return addToCounts(node, state, 1);
}

/** Takes back what `countEnd` told. */
export function uncountEnd(node: RunNode, state: FinalTaskState): void {
  addToCounts(node, state, -1);
}

function addToCounts(node: RunNode, state: FinalTaskState, amount: 1 | -1): readonly RunNode[] {
  const key = COUNT_OF[state];
  const isSetup = node.task.setup === true;
  for (const child of node.downstream) {
    child.upstreamCounts[key] += amount;
    if (isSetup) child.directSetupCounts[key] += amount;
  }
  for (const guarded of node.guarded) guarded.guardCounts[key] += amount;
  return isSetup ? [...node.downstream, ...node.guarded] : node.downstream;
}

/**
 * Decides about a task that has not started. As in Airflow, the setups above may force a state first,
 * then the trigger rule may, and the task runs when both agree; `always` asks neither.
 */
export function decideTask(node: RunNode): RuleVerdict {
  if (node.rule === 'always') return 'run';
  const bySetups = decideTriggerRule('all_success', node.guardFacts);
  if (bySetups !== 'run' && bySetups !== 'wait') return bySetups;
  const byRule = decideTriggerRule(node.rule, node.facts);
  if (byRule !== 'run' && byRule !== 'wait') return byRule;
  if (byRule === 'run' && bySetups === 'run') return 'run';
  return isUpstreamDone(node) ? 'upstream_failed' : 'wait';
}

/**
 * Everything above is done and the task still may not run: only `removed` upstream leads here. Airflow
 * calls the run deadlocked and fails it; a task that says so itself keeps every run finite.
 */
function isUpstreamDone({ upstreamCounts, guardCounts }: RunNode): boolean {
  return countDone(upstreamCounts) >= upstreamCounts.total && countDone(guardCounts) >= guardCounts.total;
}

/** Whether its upstream gave the task its state, so that it never started. */
export function isForced(node: RunNode): boolean {
  return decideTask(node) === node.state;
}

/** Why a task that has started or ended is where it is. */
export function explainEnd(node: RunNode): string {
  if (!isForced(node)) return `is ${node.state}`;
  if (decideTriggerRule(node.rule, node.facts) === node.state)
    return explainTriggerRule(node.rule, node.facts);
  const { total, success } = node.guardCounts;
  return `is ${node.state}: ${total - success} of ${total} setups further upstream did not succeed`;
}

/**
 * Whether the previous run keeps a task from what its trigger rule says. It never holds up `upstream_failed`, and a
 * skip only on request, as in Airflow's trigger_rule_dep.py.
 */
export function isHeldByPast({ awaitsPast, task }: RunNode, verdict: RuleVerdict): boolean {
  if (!awaitsPast) return false;
  return verdict === 'run' || (verdict === 'skipped' && task.waitForPastDependsBeforeSkipping === true);
}

/** Why a task that has not started waits. */
export function explainTask(node: RunNode): string {
  if (!node.awaitsPast) return explainUpstream(node);
  const past =
    node.task.waitForDownstream === true
      ? 'waits for its success in the previous run, and for that of the tasks right below it (waitForDownstream)'
      : 'waits for its success in the previous run (dependsOnPast)';
  return isHeldByPast(node, decideTask(node)) ? past : `${explainUpstream(node)}; ${past}`;
}

function explainUpstream(node: RunNode): string {
  const rule = explainTriggerRule(node.rule, node.facts);
  const open = node.guardCounts.total - node.guardCounts.success;
  if (node.rule === 'always' || open === 0) return rule;
  return `waits for ${open} of ${node.guardCounts.total} setups further upstream to succeed; ${rule}`;
}
