/**
 * The first step of every run: looks the DAG up, settles which interval the run stands for, parses its
 * params, and hands back what the run records. A local activity; it reads no clock of its own.
 */
import type { DataInterval, RunType } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import type { Graph } from '../core/graph.js';
import type { JsonValue } from '../core/json.js';
import { formatRunId, parseRunInput, type RunInput } from '../core/run-facts.js';
import { selectSubgraph } from '../core/select-tasks.js';
import { serializeGraph } from '../core/serialize-graph.js';
import { suggest } from '../core/suggest.js';
import { computeIntervalOf, computeLatestInterval, computeScheduledInterval } from '../core/data-interval.js';
import type { Launch, PlanRequest, RunPlan } from '../workflows/contract.js';
import { describeIssues } from './execute-task.js';
import { findNonJson } from './find-non-json.js';

/** Plans a run. Throws UNKNOWN_DAG, INVALID_RUN_INPUT or INVALID_PARAMS, none of which is worth a retry. */
export function planRun(request: PlanRequest, dags: ReadonlyMap<string, Dag>): RunPlan {
  const dag = findDag(request.dagId, dags);
  const input = parseRunInput(request.input);
  const { runType, logicalDate, interval } = placeInTime(dag, request, input);
  const { maxActiveRuns } = dag;
  const plan: RunPlan = {
    v: 2,
    // a backfill has a limit of its own
    ...(maxActiveRuns === undefined || runType === 'backfill' ? {} : { maxActiveRuns }),
    graph: serializeGraph(chooseGraph(dag.graph, request.launch)),
    facts: {
      dagId: dag.id,
      runId: formatRunId(runType, logicalDate),
      runType,
      logicalDate: logicalDate.toISOString(),
      dataInterval: [interval.start.toISOString(), interval.end.toISOString()],
      conf: input.conf ?? {},
      params: parseParams(dag, input.conf ?? {}),
    },
  };
  checkSizes(plan);
  return plan;
}

/** The DAG's graph, or what of it the run is to be. */
function chooseGraph(graph: Graph, { tasks, ignoreFirstDependsOnPast }: Partial<Launch> = {}): Graph {
  const chosen = tasks === undefined ? graph : selectSubgraph(graph, tasks);
  return ignoreFirstDependsOnPast === true ? withoutPast(chosen) : chosen;
}

/** The graph with tasks that do not depend on the past. */
function withoutPast(graph: Graph): Graph {
  return { ...graph, tasks: graph.tasks.map((task) => ({ ...task, dependsOnPast: false })) };
}

/** Temporal refuses a payload of 2 MiB, and a run that goes on in a new history takes its outputs along too. */
const MAX_GRAPH_BYTES = 1_200_000;
/** Conf and params go to every task: at 10,000 tasks this alone is a history of 640 MB. */
const MAX_FACTS_BYTES = 64_000;

function checkSizes({ graph, facts }: RunPlan): void {
  const graphBytes = Buffer.byteLength(JSON.stringify(graph));
  if (graphBytes > MAX_GRAPH_BYTES) {
    throw new AirtempoError(
      'INVALID_DAG',
      `DAG ${facts.dagId} is ${formatSize(graphBytes)} as JSON, and a run can record ${formatSize(MAX_GRAPH_BYTES)}. ` +
        `Let its arguments name large values (a file, a function of the run) instead of holding them, or split the DAG.`,
    );
  }
  const factsBytes = Buffer.byteLength(JSON.stringify([facts.conf, facts.params]));
  if (factsBytes > MAX_FACTS_BYTES) {
    throw new AirtempoError(
      'INVALID_PARAMS',
      `The conf and params of DAG ${facts.dagId} are ${formatSize(factsBytes)} as JSON; each task gets a copy, so ` +
        `${formatSize(MAX_FACTS_BYTES)} is the limit. Put the data into a file or a table, and its name into the conf.`,
    );
  }
}

function formatSize(bytes: number): string {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1000).toFixed(0)} KB`;
}

/** The DAG of that id. Throws UNKNOWN_DAG with what there is instead. */
export function findDag(dagId: string, dags: ReadonlyMap<string, Dag>): Dag {
  const dag = dags.get(dagId);
  if (dag !== undefined) return dag;
  const known = [...dags.keys()];
  throw new AirtempoError(
    'UNKNOWN_DAG',
    `There is no DAG ${JSON.stringify(dagId)} among those this worker has loaded (${known.join(', ') || 'none'}).` +
      `${suggest(dagId, known)} Check the id, or the worker's --dags folder and "airtempo dags validate".`,
  );
}

interface Placement {
  readonly runType: RunType;
  readonly logicalDate: Date;
  readonly interval: DataInterval;
}

function placeInTime(dag: Dag, request: PlanRequest, input: RunInput): Placement {
  if (input.logicalDate !== undefined) {
    const logicalDate = new Date(input.logicalDate);
    const runType = request.launch?.runType ?? 'manual';
    return { runType, logicalDate, interval: computeIntervalOf(dag.schedule, logicalDate) };
  }
  if (request.scheduledFor !== undefined && dag.schedule !== null) {
    const interval = computeScheduledInterval(dag.schedule, new Date(request.scheduledFor));
    return { runType: 'scheduled', logicalDate: interval.start, interval };
  }
  const startedAt = new Date(request.startedAt);
  return {
    runType: 'manual',
    logicalDate: startedAt,
    interval: computeLatestInterval(dag.schedule, startedAt),
  };
}

/** A zod object's fields: it knows optional params that have no value. */
function shapeOf(parser: object): unknown {
  return 'shape' in parser ? parser.shape : undefined;
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** The DAG's defaults overridden by the conf. Keys that the DAG does not know are refused: they are typos. */
export function parseParams(dag: Dag, conf: Readonly<Record<string, unknown>>): JsonValue {
  if (dag.params === undefined) return conf as JsonValue; // conf came as JSON
  let params: unknown;
  try {
    params = dag.params.parse(conf);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_PARAMS',
      `The conf of the run does not fit the params of DAG ${dag.id}: ${describeIssues(cause)}. See "airtempo dags show ${dag.id}".`,
      { cause },
    );
  }
  const known = [...new Set([...keysOf(shapeOf(dag.params)), ...keysOf(params)])];
  const unknown = Object.keys(conf).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new AirtempoError(
      'INVALID_PARAMS',
      `DAG ${dag.id} has no param ${JSON.stringify(unknown)}.${suggest(unknown, known)} Its params: ${known.join(', ')}.`,
    );
  }
  const problem = findNonJson(params, { jsonForms: 'refused' });
  if (problem === undefined) return params as JsonValue;
  throw new AirtempoError(
    'INVALID_PARAMS',
    `The params of DAG ${dag.id} must be JSON, since a run records them, but ${problem}. ` +
      `Let the schema give a text or a number, and convert it in the task.`,
  );
}
