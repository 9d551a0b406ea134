/** `airtempo tasks clear`: runs tasks again, in one run or in a DAG's runs of some dates. */
import { Command } from 'commander';
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import { parseInstant } from '../../core/run-facts.js';
import { zoneOf } from '../../core/timetable.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { ClearRequest } from '../../workflows/repairs.js';
import type { App } from '../app.js';
import { say } from '../output.js';
import { previewRepair } from '../repair/ask-run.js';
import { clearRuns, type ClearOptions, type RunClearing } from '../repair/clear-runs.js';
import { findRun, findRuns, type RunRange } from '../repair/find-run.js';
import { withTemporal, type TemporalSession } from '../temporal.js';

interface TasksClearOptions extends ClearOptions {
  readonly taskRegex?: string;
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly onlyFailed?: boolean;
  readonly dag?: string;
  readonly startDate?: string;
  readonly endDate?: string;
}

const HELP = `
Without task ids and without --task-regex every task of the run is meant. Tasks that are not cleared keep their states and
outputs. A running run goes on with the cleared tasks; one that has ended is taken up again under the same workflow id.

Examples:
  airtempo tasks clear awst_redshift_dag-2018-11-03T00:00:00Z load_songplays --downstream
  airtempo tasks clear awst_redshift_dag-2018-11-03T00:00:00Z --only-failed --yes --watch
  airtempo tasks clear awst_redshift_dag-2018-11-03T00:00:00Z -t '^load_' --dry-run
  airtempo tasks clear --dag awst_redshift_dag --start-date 2018-11-01 --end-date 2018-11-30 --only-failed`;

/** The command. */
export function clearCommand(app: App): Command {
  return new Command('clear')
    .description('run tasks of a run again, keeping the rest; shows them and asks first')
    .argument('[workflowId]', 'the run; leave it out with --dag')
    .argument('[taskIds...]', 'the tasks to clear')
    .option('-t, --task-regex <pattern>', 'tasks whose ids match, anywhere, this regular expression')
    .option('-u, --upstream', 'also tasks upstream of these')
    .option('-d, --downstream', 'also tasks downstream of these')
    .option('-f, --only-failed', 'of all these, only tasks that are failed or upstream_failed')
    .option('--dag <dagId>', 'in the runs of this DAG, instead of one run')
    .option('-s, --start-date <date>', 'with --dag: from this logical date on')
    .option(
      '-e, --end-date <date>',
      'with --dag: to this logical date, inclusive; without a time that whole day',
    )
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show what would be cleared, and change nothing')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((workflowId: string | undefined, taskIds: readonly string[], options: TasksClearOptions) =>
      withTemporal(app, (session) => clear(app, session, workflowId, taskIds, options)),
    );
}

async function clear(
  app: App,
  session: TemporalSession,
  workflowId: string | undefined,
  taskIds: readonly string[],
  options: TasksClearOptions,
): Promise<void> {
  checkOptions(workflowId, options);
  const { dag: dagId } = options;
  if (dagId === undefined) {
    const run = await findRun(session.client, workflowId ?? '');
    const request = toRequest(taskIds, options);
    const clearing = await plan(session, run, request);
    return clearRuns(session, [clearing], options);
  }
  const named = workflowId === undefined ? taskIds : [workflowId, ...taskIds]; // with --dag all arguments are tasks
  const runs = await findRuns(session.client, await readRange(app, dagId, options));
  const clearings = await planAll(session, runs, toRequest(named, options));
  return clearRuns(session, clearings, options);
}

function checkOptions(workflowId: string | undefined, options: TasksClearOptions): void {
  const { dag, startDate, endDate } = options;
  if (workflowId === undefined && dag === undefined) {
    throw invalid('Name a run by its workflow id, or runs by --dag with --start-date and --end-date.');
  }
  const hasDate = startDate !== undefined || endDate !== undefined;
  if (dag === undefined && hasDate)
    throw invalid('--start-date and --end-date go with --dag. Add --dag <dagId>.');
  if (dag !== undefined && !hasDate) {
    throw invalid(`--dag ${dag} alone means every run there is. Add --start-date, --end-date, or both.`);
  }
}

function invalid(message: string): AirtempoError {
  return new AirtempoError('INVALID_ARGUMENT', message);
}

function toRequest(taskIds: readonly string[], options: TasksClearOptions): ClearRequest {
  const { taskRegex, upstream, downstream, onlyFailed } = options;
  return {
    ...(taskIds.length === 0 ? {} : { tasks: taskIds }),
    ...(taskRegex === undefined ? {} : { taskRegex }),
    ...(upstream === undefined ? {} : { upstream }),
    ...(downstream === undefined ? {} : { downstream }),
    ...(onlyFailed === undefined ? {} : { onlyFailed }),
  };
}

async function plan(
  { client }: TemporalSession,
  run: RunSummary,
  request: ClearRequest,
): Promise<RunClearing> {
  return { run, request, tasks: await previewRepair(client, run, { kind: 'clear', ...request }) };
}

/** Runs in which there is nothing to clear are left out. Throws the first refusal when there is nothing in any. */
async function planAll(
  session: TemporalSession,
  runs: readonly RunSummary[],
  request: ClearRequest,
): Promise<readonly RunClearing[]> {
  const clearings: RunClearing[] = [];
  let refused: unknown;
  for (const run of runs) {
    try {
      clearings.push(await plan(session, run, request));
    } catch (error) {
      if (!isAirtempoError(error) || error.code === 'NO_WORKER') throw error;
      refused ??= error;
    }
  }
  if (clearings.length === 0) throw refused;
  const left = runs.length - clearings.length;
  if (left > 0) say(`${String(left)} of ${String(runs.length)} runs have nothing to clear.`);
  return clearings;
}

async function readRange(app: App, dagId: string, options: TasksClearOptions): Promise<RunRange> {
  const { dags } = await app.loadDags([]);
  const timezone = zoneOf(dags.get(dagId)?.schedule ?? null);
  const from = options.startDate === undefined ? undefined : parseInstant(options.startDate, timezone);
  const to = options.endDate === undefined ? undefined : parseEnd(options.endDate, timezone);
  if (from !== undefined && to !== undefined && from > to) {
    throw invalid(
      `--start-date ${options.startDate ?? ''} is after --end-date ${options.endDate ?? ''}. Swap them.`,
    );
  }
  return { dagId, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

const BARE_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 24 * 3_600_000;

/** A date without a time is that whole day in the DAG's zone, as in a backfill. */
function parseEnd(text: string, timezone: string): Date {
  const instant = parseInstant(text, timezone);
  if (!BARE_DATE.test(text)) return instant;
  const nextDay = new Date(parseInstant(text).getTime() + DAY_MS).toISOString().slice(0, 10);
  return new Date(parseInstant(nextDay, timezone).getTime() - 1);
}
