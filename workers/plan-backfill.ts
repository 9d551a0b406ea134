/**
 * The first step of a backfill: checks everything that can be wrong with it, before any run starts, and says
 * which dates it covers. Reads no clock of its own; claiming the DAG is another file's business.
 */
import { invalidBackfill, parseBackfillInput, parseDateRange } from '../core/backfill-input.js';
import type { BackfillInput, DateRange } from '../core/backfill-input.js';
import type { Dag } from '../core/dag.js';
import type { Graph } from '../core/graph.js';
import { listRuns } from '../core/next-runs.js';
import { selectSubgraph, selectTasks } from '../core/select-tasks.js';
import { isPeriodic, zoneOf, type Timetable } from '../core/timetable.js';
import type { BackfillPlan, BackfillPlanRequest } from '../workflows/backfill-contract.js';
import { findDag, parseParams } from './plan-run.js';
import { listPlannedDates } from './planned-dates.js';
import { scanBackfill } from './scan-backfill.js';
import type { RunsClient } from './runs-client.js';

/** More dates than this are a mistake, or several backfills. */
const MOST_DATES = 100_000;
/** Above so many dates a backfill shows only those that matter; ten years of days are listed. */
const LISTED_DATES = 4_000;

/** What planning and scanning need. */
export interface BackfillEnvironment {
  readonly dags: ReadonlyMap<string, Dag>;
  readonly runs: RunsClient;
}

/**
 * Checks the input of a backfill. Throws INVALID_BACKFILL, UNKNOWN_DAG, INVALID_PARAMS, UNKNOWN_ID or
 * INVALID_ARGUMENT, none of which is worth a retry.
 */
export async function planBackfill(
  request: BackfillPlanRequest,
  env: BackfillEnvironment,
): Promise<BackfillPlan> {
  const { from, to, tasks, ...input } = parseBackfillInput(request.input);
  const dag = findDag(input.dagId, env.dags);
  const timetable = checkTimetable(dag);
  parseParams(dag, input.conf ?? {});
  const chosen = tasks === undefined ? undefined : chooseTasks(dag.graph, tasks);
  checkPast(dag, input);
  const timezone = zoneOf(timetable);
  const range = parseDateRange(from, to, timezone);
  const dates = listCompleteDates(dag, range, new Date(request.startedAt), [from, to]);
  const plan: BackfillPlan = {
    ...input,
    asked: [from, to],
    from: range.from.toISOString(),
    to: dates.last.toISOString(),
    timetable,
    ...(dag.startDate === undefined ? {} : { startDate: dag.startDate.toISOString() }),
    ...(dag.endDate === undefined ? {} : { endDate: dag.endDate.toISOString() }),
    timezone,
    total: dates.total,
    ...(dependsOnPast(dag) ? { inOrder: true } : {}),
    ...(chosen === undefined ? {} : { tasks: chosen }),
  };
  await checkFailedPast(plan, dag, env);
  return dates.total > LISTED_DATES ? plan : { ...plan, dates: listAll(plan) };
}

function checkTimetable(dag: Dag): Timetable {
  if (isPeriodic(dag.schedule)) return dag.schedule;
  throw invalidBackfill(
    `DAG ${dag.id} has no timetable with regular dates, so there is nothing to list for a backfill.`,
    `Start single runs with "airtempo dags trigger ${dag.id} --logical-date …", or give the DAG a cron.`,
  );
}

/** Each entry is a task id, or a regular expression that matches some. */
function chooseTasks(graph: Graph, wanted: readonly string[]): readonly string[] {
  const ids = new Set(graph.tasks.map(({ id }) => id));
  const chosen = new Set(
    wanted.flatMap((text) => (ids.has(text) ? [text] : selectTasks(graph.tasks, { taskRegex: text }))),
  );
  const inOrder = graph.tasks.flatMap(({ id }) => (chosen.has(id) ? [id] : []));
  selectSubgraph(graph, inOrder); // throws when a chosen task needs the output of one that is not
  return inOrder;
}

function dependsOnPast({ graph }: Dag): boolean {
  return graph.tasks.some((task) => task.dependsOnPast === true);
}

function checkPast(dag: Dag, input: Pick<BackfillInput, 'reverse'>): void {
  if (!input.reverse || !dependsOnPast(dag)) return;
  throw invalidBackfill(
    `DAG ${dag.id} has tasks with dependsOnPast, so its dates cannot be run newest first.`,
    'Leave "reverse" out.',
  );
}

interface CompleteDates {
  readonly total: number;
  readonly last: Date;
}

/** Counts the dates of the range whose interval has ended. */
function listCompleteDates(
  dag: Dag,
  range: DateRange,
  now: Date,
  [from, to]: readonly [from: string, to: string],
): CompleteDates {
  const bounded = { timetable: dag.schedule, startDate: dag.startDate, endDate: dag.endDate };
  let total = 0;
  let last: Date | undefined;
  for (const { fireTime, logicalDate } of listRuns(bounded, range)) {
    if (fireTime > now) break;
    last = logicalDate;
    total += 1;
    if (total <= MOST_DATES) continue;
    throw invalidBackfill(
      `From ${from} to ${to} DAG ${dag.id} has more than ${String(MOST_DATES)} dates.`,
      'Do it in several backfills.',
    );
  }
  if (last !== undefined) return { total, last };
  const [next] = listRuns(bounded, range);
  if (next !== undefined || range.from > now) {
    throw invalidBackfill(
      `No date of DAG ${dag.id} from ${from} to ${to} is over yet (now: ${now.toISOString()}).`,
      next === undefined
        ? 'A backfill is about the past.'
        : `The first of them can run from ${next.fireTime.toISOString()} on.`,
    );
  }
  const { startDate, endDate } = dag;
  const lifetime =
    startDate === undefined && endDate === undefined
      ? ''
      : ` The DAG starts ${startDate?.toISOString() ?? 'at any time'} and ends ${endDate?.toISOString() ?? 'never'}.`;
  throw invalidBackfill(
    `DAG ${dag.id} has no date from ${from} to ${to}.`,
    `Check the range against "airtempo dags show ${dag.id}".${lifetime}`,
  );
}

function listAll(plan: BackfillPlan): readonly string[] {
  return [...listPlannedDates(plan)].map(({ logicalDate }) => logicalDate.toISOString());
}

/**
 * With dependsOnPast, the date after a failed run waits until that run is repaired: for ever, when the backfill
 * itself was told to leave it. Airflow therefore refuses `none` for every such DAG; only this case needs it.
 */
async function checkFailedPast(plan: BackfillPlan, dag: Dag, env: BackfillEnvironment): Promise<void> {
  if (plan.reprocess !== 'none' || !dependsOnPast(dag)) return;
  let after: string | undefined;
  for (;;) {
    const request = { plan, want: Number.POSITIVE_INFINITY, ...(after === undefined ? {} : { after }) };
    const { dates, done } = await scanBackfill(request, env);
    const failed = dates.find(({ existing }) => existing === 'failed');
    if (failed !== undefined) {
      throw invalidBackfill(
        `DAG ${dag.id} has tasks with dependsOnPast, and its run of ${failed.logicalDate} has failed: ` +
          `with reprocess "none" the dates after it would wait for ever.`,
        'Set "reprocess" to "failed", or repair that run first.',
      );
    }
    after = dates.at(-1)?.logicalDate;
    if (done) return;
  }
}
