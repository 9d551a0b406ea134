/**
 * The public API, frozen: each name that the package exports. A name that is added or removed here is a
 * promise to users, made or broken: say so in the changelog.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as authoring from '../../index.js';
import * as core from '../../core/index.js';
import * as connections from '../../connections/index.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Names of the types that a file exports, read from its export statements. */
async function readTypeNames(file: string): Promise<readonly string[]> {
  const source = await readFile(path.join(root, file), 'utf8');
  const statements = [...source.matchAll(/^export (type )?\{([^}]*)\} from '[^']+';$/gm)];
  const left = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^export (type )?\{[^}]*\} from '[^']+';$/gm, '');
  expect(left.trim()).toBe(''); // named re-exports only, so nothing escapes this list
  const names = statements.flatMap(([, allTypes, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (allTypes !== undefined || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '')),
  );
  return names.toSorted();
}

const names = (text: string): readonly string[] => text.trim().split(/\s+/).toSorted();

describe.each<[string, string, object, readonly string[], readonly string[]]>([
  [
    'airtempo',
    'index.ts',
    authoring,
    names(
      `AirtempoError checkSql copyFromFiles continuous copyFromS3 cron cronTrigger dag defineConfig each empty every fail latestOnly notYet once operator approval runInsights runSql sensor skip
      logNotice mail notifier webhook triggerDag waitFor waitForDag waitForFile waitForHttp waitForS3Key waitForSql waitUntil zip
      createEmrCluster sparkJob terminateEmrCluster waitForEmrCluster
      createRedshiftCluster deleteRedshiftCluster ensureRedshiftAccess pauseRedshiftCluster removeRedshiftAccess
      removeRedshiftConnection resumeRedshiftCluster waitForRedshiftCluster writeRedshiftConnection checkLake writeLakeDays writeLakeSongs
      checkIngestedLake checkIngestedWarehouse kafkaIngest kafkaProduce`,
    ),
    names(`ArgContext ReadVariable Callback CallbackContext CallbackEvent CallbackInput CallbackName Callbacks DagCallbackOptions DagDeadline
      Notifier NotifierArgs NotifierFactory NotifierHandler NotifierOptions TaskCallbackOptions
      AirtempoConfig ApprovalArgs BranchFunction BuildScope Connection ConnectionType ContinuousTimetable CronOptions CronTimetable CronTriggerTimetable Dag Dataset DatasetUse
      DagOptions DagRuns DataInterval Decision Duration Each ErrorCode Evaluated EveryOptions EveryTimetable
      GroupFunction GroupOptions GroupRef InlineHandler Input Inputs JsonValue MapFunction MapGroupFunction MapItem MapOptions MapScope NotYet OnceTimetable Operator OperatorOptions OtherRun OtherRunState
      Parser PeriodicTimetable Priority RunContext RunType SensorOptions SensorOutput ShortCircuitFunction ShortCircuitOptions TaskConnectionStore TaskContext TaskFunction TaskInput TaskList TaskLogger TaskOptions TaskRef Tasks Timetable
      TriggerRequest TriggerRule Zip`),
  ],
  [
    'airtempo/core',
    'core/index.ts',
    core,
    names(`AirtempoError DEFAULT_MAX_ACTIVE_TASKS ERROR_CODES TASK_OUTCOMES TRIGGER_RULES checkDagId checkGraph checkTaskId
      computeEffectiveLeaves computeFirstRun computeIntervalOf computeLatestInterval computeNextRuns
      computePreviousRun computeRunResult continuous every isPeriodic listRuns once computeScheduledInterval
      computeSetupScopes createRun createRunContext cron cronTrigger deserializeGraph evaluateTriggerRule formatRunId
      isFinal operator parseRunInput reduceRun serializeGraph`),
    names(`BoundedTimetable CheckableGraph Connection ConnectionType ContinuousTimetable CronOptions CronTimetable
      CronTriggerTimetable DataInterval Dataset DatasetUse ErrorCode EveryOptions EveryTimetable FirstRunOptions OnceTimetable
      PeriodicTimetable ScheduledRun ExecutionOptions FinalTaskState
      ForcedState Graph GraphTask JsonPrimitive JsonValue Operator OperatorOptions Parser Priority Run RunContext RunEvent
      RunFacts RunGraph RunGraphTask RunInput RunOptions RunReduction RunSnapshot RunState RunType StateChange TaskConnectionStore TaskContext
      TaskInput TaskLogger TaskOutcome TaskState Timetable TriggerRule TriggerRuleDecision TriggerRuleInput UpstreamCounts`),
  ],
  [
    'airtempo/connections',
    'connections/index.ts',
    connections,
    names(`CONNECTION_TYPES MASK createConnectionRegistry createDefaultConnectionStores createEncryptedFileStore
      createDefaultVariableFileStore createVariableFileStore createVariableRegistry
      createEnvironmentStore createSecretScrubber formatConnectionRecord formatConnectionUri isSensitiveName
      maskConnection parseConnection parseConnectionRecord resolveAirtempoHome validateConnection`),
    names(`Connection ConnectionFields ConnectionRecord ConnectionRegistry ConnectionRegistryOptions ConnectionStore
      ConnectionSummary ConnectionType DefaultConnectionStores EncryptedFileStore EncryptedFileStoreOptions Environment
      FoundVariable ListedVariable SealedEntry SealedRotation SealedStore SealedStoreOptions Variable VariableFileStore VariableRegistry
      KeyRotation ParseConnectionOptions PutResult ResolvedConnection SecretScrubber StoredConnection
      WritableConnectionStore`),
  ],
])('%s', (_, file, module, values, types) => {
  test('exports these values', () => {
    expect(Object.keys(module).toSorted()).toEqual(values);
  });

  test('exports these types', async () => {
    expect(await readTypeNames(file)).toEqual(types);
  });
});
