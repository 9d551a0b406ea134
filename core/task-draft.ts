/** A task while its DAG is being built, and what becomes of it in the graph. */
import { knownArgs } from './args.js';
import { AirtempoError } from './errors.js';
import type { GraphTask } from './graph.js';
import type { JsonValue } from './json.js';
import type { Operator } from './operator.js';
import { invalidOption } from './option-checks.js';
import { computePokeOptions } from './sensor-options.js';
import { computeExecutionOptions, computePastOptions, type TaskOptions } from './task-options.js';

/** A task under construction. */
export interface Draft {
  readonly id: string;
  readonly operator: Operator<never, unknown>;
  readonly options: TaskOptions;
  readonly template: JsonValue | undefined;
  readonly inputs: Set<string>;
  /** The mapped group it is in. */
  readonly mapGroup: string | undefined;
  /** Whether its arguments use an item of that group. */
  readonly usesItem: boolean;
  readonly upstream: Set<string>;
  setup: boolean;
  teardown: { readonly onFailureFailDagrun: boolean } | undefined;
}

export function toGraphTask(draft: Draft, dagId: string): GraphTask {
  const { options, operator, teardown } = draft;
  const { sensor } = operator;
  const where = `DAG ${dagId}, task ${draft.id}`;
  refuseMappedPast(draft, where);
  const triggerRule = options.triggerRule ?? (teardown === undefined ? undefined : 'all_done_setup_success');
  const summary = options.summary ?? summarize(draft, where);
  return {
    id: draft.id,
    operator: operator.operatorName,
    upstream: Object.freeze([...draft.upstream]),
    ...(triggerRule === undefined ? {} : { triggerRule }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(draft.setup ? { setup: true } : {}),
    ...(operator.control === 'approval' ? { deferred: true } : {}), // it waits for a person, not for a worker
    ...(teardown === undefined ? {} : { teardown: true }),
    ...(teardown?.onFailureFailDagrun === true ? { onFailureFailDagrun: true } : {}),
    ...computePastOptions(options),
    ...(sensor === undefined ? {} : { deferred: true }),
    ...(draft.mapGroup === undefined ? {} : { mapGroup: draft.mapGroup }),
    ...(summary === undefined ? {} : { summary }),
    ...(draft.template === undefined ? {} : { args: draft.template }),
    ...(draft.inputs.size === 0 ? {} : { inputs: Object.freeze([...draft.inputs]) }),
    execution: Object.freeze({
      ...computeExecutionOptions(options, where),
      ...(sensor === undefined ? {} : { poke: computePokeOptions(options, sensor, where) }),
    }),
  };
}

/** Instances of two runs have nothing to do with each other: the lists differ. */
function refuseMappedPast({ mapGroup, options }: Draft, where: string): void {
  if (mapGroup === undefined || !(options.dependsOnPast === true || options.waitForDownstream === true))
    return;
  throw invalidOption(
    where,
    'dependsOnPast',
    'is set for a mapped task',
    'Set it to false here, and let a task before it depend on the past.',
  );
}

/** The operator's own words for the task. */
function summarize({ operator, template }: Draft, where: string): string | undefined {
  if (operator.summary === undefined) return undefined;
  try {
    return String(operator.summary(knownArgs(template) as never)); // unknown arguments are undefined, as its type says
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_TASK',
      `${where}: the summary function of operator ${operator.operatorName} failed: ${String(cause)}. ` +
        `Make it cope with arguments that are not known yet, or give the task an option summary.`,
      { cause },
    );
  }
}

/** Tasks of a group without upstream inside it. */
export function rootsOf(members: readonly Draft[]): string[] {
  const ids = new Set(members.map((member) => member.id));
  return members.filter(({ upstream }) => ![...upstream].some((id) => ids.has(id))).map(({ id }) => id);
}

/**
 * Tasks of a group without downstream inside it. As in Airflow, edges from a group ignore its teardowns,
 * and setups that have nothing but a teardown after them.
 */
export function leavesOf(members: readonly Draft[]): string[] {
  const work = members.filter((member) => member.teardown === undefined);
  const beforeWork = new Set(work.flatMap(({ upstream }) => [...upstream]));
  const beforeTeardown = new Set(
    members.flatMap(({ teardown, upstream }) => (teardown === undefined ? [] : [...upstream])),
  );
  return work
    .filter(({ id, setup }) => !beforeWork.has(id) && !(setup && beforeTeardown.has(id)))
    .map(({ id }) => id);
}
