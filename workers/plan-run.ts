/**
 * The first step of every run: looks the DAG up, settles which interval the run stands for, parses its
 * params, and hands back what the run records. A local activity; it reads no clock of its own.
 */
import type { DataInterval, RunType } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import { formatRunId, parseRunInput, type RunInput } from '../core/run-facts.js';
import { serializeGraph } from '../core/serialize-graph.js';
import { suggest } from '../core/suggest.js';
import { computeIntervalOf, computeLatestInterval, computeScheduledInterval } from '../core/timetable.js';
import type { PlanRequest, RunPlan } from '../workflows/contract.js';
import { describeIssues } from './execute-task.js';

/** Plans a run. Throws UNKNOWN_DAG, INVALID_RUN_INPUT or INVALID_PARAMS, none of which is worth a retry. */
export function planRun(request: PlanRequest, dags: ReadonlyMap<string, Dag>): RunPlan {
  const dag = findDag(request.dagId, dags);
  const input = parseRunInput(request.input);
  const { runType, logicalDate, interval } = placeInTime(dag, request, input);
  return {
    graph: serializeGraph(dag.graph),
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
    return { runType: 'manual', logicalDate, interval: computeIntervalOf(dag.schedule, logicalDate) };
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
  const known = typeof params === 'object' && params !== null ? Object.keys(params) : [];
  const unknown = Object.keys(conf).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new AirtempoError(
      'INVALID_PARAMS',
      `DAG ${dag.id} has no param ${JSON.stringify(unknown)}.${suggest(unknown, known)} Its params: ${known.join(', ')}.`,
    );
  }
  return params as JsonValue; // a schema's output; a value that is not JSON fails when it is recorded
}
