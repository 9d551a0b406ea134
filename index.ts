/** The authoring API of airtempo: everything a DAG file imports. */
export { dag, type Dag, type DagOptions } from './core/dag.js';
export type {
  BranchFunction,
  BuildScope,
  GroupFunction,
  GroupOptions,
  InlineHandler,
  MapFunction,
  MapGroupFunction,
  MapOptions,
  MapScope,
  ShortCircuitFunction,
  ShortCircuitOptions,
  TaskFunction,
} from './core/build-scope.js';
export { defineConfig, type AirtempoConfig } from './core/config.js';
export type { Duration } from './core/duration.js';
export type { Priority } from './core/graph.js';
export type { Evaluated, Input, Inputs } from './core/inputs.js';
export { each, zip, type Each, type MapItem, type Zip } from './core/map-items.js';
export { operator } from './core/define-operator.js';
export { notYet, sensor, type NotYet, type SensorOptions, type SensorOutput } from './core/sensor.js';
export type { Operator, OperatorOptions, Parser, TaskInput } from './core/operator.js';
export {
  approval,
  checkIngestedLake,
  checkIngestedWarehouse,
  checkLake,
  checkSql,
  copyFromFiles,
  copyFromS3,
  createEmrCluster,
  createRedshiftCluster,
  deleteRedshiftCluster,
  empty,
  ensureRedshiftAccess,
  kafkaIngest,
  kafkaProduce,
  latestOnly,
  pauseRedshiftCluster,
  removeRedshiftAccess,
  removeRedshiftConnection,
  resumeRedshiftCluster,
  runInsights,
  runSql,
  sparkJob,
  terminateEmrCluster,
  triggerDag,
  waitFor,
  waitForDag,
  waitForEmrCluster,
  waitForFile,
  waitForHttp,
  waitForRedshiftCluster,
  waitForS3Key,
  waitForSql,
  waitUntil,
  writeLakeDays,
  writeLakeSongs,
  writeRedshiftConnection,
} from './activities/index.js';
export type { ApprovalArgs, Decision } from './activities/index.js';
export { logNotice } from './activities/notifiers/log-notice.js';
export { mail } from './activities/notifiers/mail.js';
export { webhook } from './activities/notifiers/webhook.js';
export type { DagCallbackOptions, DagDeadline, TaskCallbackOptions } from './core/callback-options.js';
export {
  notifier,
  type Callback,
  type CallbackContext,
  type CallbackEvent,
  type CallbackInput,
  type CallbackName,
  type Callbacks,
  type Notifier,
  type NotifierArgs,
  type NotifierFactory,
  type NotifierHandler,
  type NotifierOptions,
} from './core/notifier.js';
export { fail, skip } from './core/outcome.js';
export type { TaskOptions } from './core/task-options.js';
export type { GroupRef, TaskList, TaskRef, Tasks } from './core/task-ref.js';
export { continuous, cron, cronTrigger, every, once } from './core/timetable.js';
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
} from './core/timetable.js';
export type { TriggerRule } from './core/trigger-rule.js';
export type { DagRuns, OtherRun, OtherRunState, TriggerRequest } from './core/dag-runs.js';
export type {
  ArgContext,
  DataInterval,
  ReadVariable,
  RunContext,
  RunType,
  TaskConnectionStore,
  TaskContext,
  TaskLogger,
} from './core/context.js';
export type { Dataset, DatasetUse } from './core/lineage.js';
export type { JsonValue } from './core/json.js';
export { AirtempoError, type ErrorCode } from './core/errors.js';
export type { Connection, ConnectionType } from './core/connection.js';
