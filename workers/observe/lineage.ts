/**
 * Tells an OpenLineage backend about runs and tries: which job, which run of it, what it read and wrote, how it
 * ended. The events follow https://openlineage.io/docs/spec; a backend puts those of one run together.
 */
import { randomUUID } from 'node:crypto';
import type { Dataset, DatasetUse } from '../../core/lineage.js';
import type { RunFacts } from '../../core/run-facts.js';
import type { RunEnd } from '../../workflows/run-sinks.js';
import type { Execution, Observer, RunStart, TaskTry, TryEnd } from './observer.js';

type EventType = 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';

/** An event as it is sent. */
export interface LineageEvent {
  readonly eventType: EventType;
  readonly eventTime: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets };
  readonly inputs: readonly object[];
  readonly outputs: readonly object[];
  readonly producer: string;
  readonly schemaURL: string;
}

type Facets = Readonly<Record<string, object>>;

/** Who makes the events; a URI, as the specification asks. */
const PRODUCER = 'urn:airtempo:worker';
const SPEC = 'https://openlineage.io/spec';
const EVENT_SCHEMA = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`;
/** A task that names more datasets than this is not describing its work. */
const MAX_DATASETS = 1_000;

const END_TYPES = {
  success: 'COMPLETE',
  skipped: 'COMPLETE',
  failed: 'FAIL',
  up_for_retry: 'FAIL',
  cancelled: 'ABORT',
  up_for_reschedule: undefined, // a poke in between is no run of a job
} as const satisfies Record<TryEnd['state'] | RunEnd['state'], EventType | undefined>;

/** Makes the observer. `namespace` is that of all jobs; `send` takes an event and returns at once. */
export function createLineageObserver(namespace: string, send: (event: LineageEvent) => void): Observer {
  const tries = new WeakMap<TaskTry, TryDatasets>();
  const job = (name: string, jobType: 'DAG' | 'TASK'): LineageEvent['job'] => ({
    namespace,
    name,
    facets: {
      jobType: facet('2-0-4', 'JobTypeJobFacet', {
        processingType: 'BATCH',
        integration: 'AIRTEMPO',
        jobType,
      }),
    },
  });
  const sendOfRun = (
    type: EventType,
    run: RunFacts,
    execution: Execution,
    at: number,
    message?: string,
  ): void =>
    send({
      ...head(type, at),
      run: { runId: execution.firstRunId, facets: { ...nominalTime(run), ...errorMessage(message) } },
      job: job(run.dagId, 'DAG'),
      inputs: [],
      outputs: [],
    });
  const sendOfTry = (type: EventType, task: TaskTry, at: number, message?: string): void => {
    const { runId, inputs, outputs } = datasetsOf(task, tries);
    const parent = {
      run: { runId: task.execution.firstRunId },
      job: { namespace, name: task.run.dagId },
    };
    send({
      ...head(type, at),
      run: {
        runId,
        facets: {
          ...nominalTime(task.run),
          parent: facet('1-2-0', 'ParentRunFacet', { ...parent, root: parent }),
          ...errorMessage(message),
        },
      },
      job: job(`${task.run.dagId}.${task.taskId}`, 'TASK'),
      inputs: [...inputs.values()].map(describeInput),
      outputs: [...outputs.values()].map(describeOutput),
    });
  };
  return {
    runStarted: ({ run, execution, startedAtMs }: RunStart) =>
      sendOfRun('START', run, execution, startedAtMs),
    runEnded: ({ run, state, endedAtMs, message }, execution) =>
      sendOfRun(END_TYPES[state], run, execution, endedAtMs, message),
    tryStarted: (task) => {
      if (!task.isPoke) sendOfTry('START', task, task.startedAtMs);
    },
    datasetsUsed: (task, use) => datasetsOf(task, tries).add(use),
    tryEnded: (task, { state, endedAtMs, error }) => {
      const type = END_TYPES[state];
      if (type === undefined) return;
      if (task.isPoke) sendOfTry('START', task, task.startedAtMs); // only now is it known to be the last
      sendOfTry(type, task, endedAtMs, error?.message);
    },
  };
}

function datasetsOf(task: TaskTry, tries: WeakMap<TaskTry, TryDatasets>): TryDatasets {
  const known = tries.get(task);
  if (known !== undefined) return known;
  const datasets = new TryDatasets();
  tries.set(task, datasets);
  return datasets;
}

/** What one try has said so far of what it reads and writes. */
class TryDatasets {
  /** OpenLineage's id of the try. */
  readonly runId = randomUUID();
  readonly inputs = new Map<string, Dataset>();
  readonly outputs = new Map<string, Dataset>();

  add({ inputs = [], outputs = [] }: DatasetUse): void {
    for (const dataset of inputs) merge(this.inputs, dataset);
    for (const dataset of outputs) merge(this.outputs, dataset);
  }
}

function merge(datasets: Map<string, Dataset>, dataset: Dataset): void {
  const key = JSON.stringify([dataset.namespace, dataset.name]);
  const known = datasets.get(key);
  if (known === undefined && datasets.size >= MAX_DATASETS) return;
  datasets.set(key, { ...known, ...dataset });
}

function head(
  eventType: EventType,
  atMs: number,
): Pick<LineageEvent, 'eventType' | 'eventTime' | 'producer' | 'schemaURL'> {
  return { eventType, eventTime: new Date(atMs).toISOString(), producer: PRODUCER, schemaURL: EVENT_SCHEMA };
}

function facet(version: string, name: string, fields: object): object {
  return {
    _producer: PRODUCER,
    _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}`,
    ...fields,
  };
}

function nominalTime({ dataInterval: [start, end] }: RunFacts): Facets {
  return {
    nominalTime: facet('1-0-1', 'NominalTimeRunFacet', { nominalStartTime: start, nominalEndTime: end }),
  };
}

function errorMessage(message: string | undefined): Facets {
  if (message === undefined) return {};
  return {
    errorMessage: facet('1-0-1', 'ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' }),
  };
}

function describeInput({ namespace, name, columns }: Dataset): object {
  return { namespace, name, facets: schemaOf(columns) };
}

function describeOutput({ rowCount, ...dataset }: Dataset): object {
  const statistics = { outputStatistics: facet('1-0-2', 'OutputStatisticsOutputDatasetFacet', { rowCount }) };
  return { ...describeInput(dataset), outputFacets: rowCount === undefined ? {} : statistics };
}

function schemaOf(columns: readonly string[] | undefined): Facets {
  if (columns === undefined) return {};
  return { schema: facet('1-2-0', 'SchemaDatasetFacet', { fields: columns.map((name) => ({ name })) }) };
}
