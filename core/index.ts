/** The public face of `airtempo/core`: pure functions and types, for scripts and for other shells round the run state machine. */
export { AirtempoError, ERROR_CODES } from './errors.js';
export type { ErrorCode } from './errors.js';
export type { JsonPrimitive, JsonValue } from './json.js';
export type { Connection, ConnectionType } from './connection.js';
export type {
  DataInterval,
  RunContext,
  RunType,
  TaskConnectionStore,
  TaskContext,
  TaskLogger,
} from './context.js';
export type { Dataset, DatasetUse } from './lineage.js';
export { operator } from './define-operator.js';
export type { Operator, OperatorOptions, Parser, TaskInput } from './operator.js';

export { isFinal } from './states.js';
export type { FinalTaskState, RunState, TaskState } from './states.js';

export { TRIGGER_RULES } from './trigger-rule.js';
export type { ForcedState, TriggerRule, UpstreamCounts } from './trigger-rule.js';
export { evaluateTriggerRule } from './evaluate-trigger-rule.js';
export type { TriggerRuleDecision, TriggerRuleInput } from './evaluate-trigger-rule.js';

export type { ExecutionOptions, Graph, GraphTask, Priority, RunGraph, RunGraphTask } from './graph.js';
export { checkDagId, checkGraph, checkTaskId } from './graph-checks.js';
export type { CheckableGraph } from './graph-checks.js';
export { deserializeGraph, serializeGraph } from './serialize-graph.js';

export { createRun, DEFAULT_MAX_ACTIVE_TASKS, TASK_OUTCOMES } from './run.js';
export type { Run, RunOptions, StateChange, TaskOutcome } from './run.js';
export type { RunSnapshot } from './run-snapshot.js';
export { reduceRun } from './reduce-run.js';
export type { RunEvent, RunReduction } from './reduce-run.js';
export { computeEffectiveLeaves, computeRunResult } from './run-result.js';
export { computeSetupScopes } from './setup-scope.js';

export { createRunContext, formatRunId, parseRunInput } from './run-facts.js';
export type { RunFacts, RunInput } from './run-facts.js';
export { continuous, cron, cronTrigger, every, isPeriodic, once } from './timetable.js';
export type {
  ContinuousTimetable,
  CronOptions,
  CronTimetable,
  CronTriggerTimetable,
  EveryOptions,
  EveryTimetable,
  OnceTimetable,
  PeriodicTimetable,
  Timetable,
} from './timetable.js';
export { computeIntervalOf, computeLatestInterval, computeScheduledInterval } from './data-interval.js';
export { computeFirstRun, computeNextRuns, computePreviousRun, listRuns } from './next-runs.js';
export type { BoundedTimetable, FirstRunOptions, ScheduledRun } from './next-runs.js';
