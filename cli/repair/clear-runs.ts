/** Clears tasks of one run or several: shows them in one table, asks once, and then does it. */
import { isAirtempoError } from '../../core/errors.js';
import type { TaskState } from '../../core/states.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { ClearRequest } from '../../workflows/repairs.js';
import { confirm } from '../confirm.js';
import { formatState, formatTable, print, printJson, say } from '../output.js';
import type { TemporalSession } from '../temporal.js';
import { watchToEnd } from '../watch.js';
import { isOpen } from './find-run.js';
import { formatRepair } from './report-repair.js';
import { repairRun, resumeClosedRun, type RepairedRun } from './repair-run.js';

/** What is to be done to one run. */
export interface RunClearing {
  readonly run: RunSummary;
  /** Absent: the run goes on as it is. */
  readonly request?: ClearRequest;
  readonly tasks: readonly { readonly id: string; readonly state: TaskState }[];
}

/** How to go about it. */
export interface ClearOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Shows, asks and clears. A run that cannot be cleared does not keep the others from it; the exit code is 1 then. */
export async function clearRuns(
  session: TemporalSession,
  clearings: readonly RunClearing[],
  options: ClearOptions,
): Promise<void> {
  const plan = formatClearings(clearings);
  if (options.dryRun === true) {
    if (options.json === true) printJson({ dryRun: true, runs: clearings.map(describeClearing) });
    else print(plan);
    return;
  }
  if (options.json !== true) say(plan);
  if (!(await confirm(askFor(clearings), options))) return;
  const results = [];
  for (const clearing of clearings) results.push(await clearOne(session, clearing, options));
  if (options.watch === true) {
    for (const { run } of clearings) await watchToEnd(session, run.workflowId, {});
  }
  if (options.json === true) printJson({ dryRun: false, runs: results });
}

async function clearOne(
  session: TemporalSession,
  clearing: RunClearing,
  options: ClearOptions,
): Promise<object> {
  try {
    const repaired = await repair(session, clearing);
    if (options.json !== true) print(formatRepair(repaired));
    return { ...describeClearing(clearing), ...repaired, tasks: clearing.tasks };
  } catch (error) {
    if (!isAirtempoError(error)) throw error;
    process.exitCode = 1;
    say(`${clearing.run.workflowId}: ${error.code}: ${error.message}`);
    return { ...describeClearing(clearing), error: { code: error.code, message: error.message } };
  }
}

function repair(session: TemporalSession, { run, request }: RunClearing): Promise<RepairedRun> {
  return request === undefined
    ? resumeClosedRun(session, run)
    : repairRun(session, run.workflowId, { kind: 'clear', ...request });
}

function describeClearing({ run, tasks }: RunClearing): object {
  const { dagId, workflowId, status } = run;
  return { dagId, workflowId, status, tasks };
}

/** A table longer than this hides the question. */
const TABLE_ROWS = 200;

function formatClearings(clearings: readonly RunClearing[]): string {
  const isOne = clearings.length === 1;
  const rows = clearings.flatMap(({ run, tasks }) =>
    tasks.map(({ id, state }) => [...(isOne ? [] : [run.workflowId]), id, formatState(state)]),
  );
  const more = rows.length > TABLE_ROWS ? `\n… and ${String(rows.length - TABLE_ROWS)} more` : '';
  const head = [...(isOne ? [] : ['run']), 'task', 'state now'];
  const table = rows.length === 0 ? [] : [formatTable(head, rows.slice(0, TABLE_ROWS)) + more];
  const title = isOne ? clearings.map(({ run }) => `${run.workflowId}  ${run.status}`) : [];
  const goesOn = clearings
    .filter(({ tasks }) => tasks.length === 0)
    .map(({ run }) => `${run.workflowId} goes on with the tasks that had not ended.`);
  return [...title, ...table, ...goesOn].join('\n');
}

function askFor(clearings: readonly RunClearing[]): string {
  const tasks = clearings.reduce((sum, clearing) => sum + clearing.tasks.length, 0);
  const closed = clearings.filter(({ run }) => !isOpen(run)).length;
  const runs = clearings.length === 1 ? 'this run' : `${String(clearings.length)} runs`;
  const again =
    closed === 0
      ? ''
      : closed === 1 && clearings.length === 1
        ? ', and take it up again'
        : `, and take up the ${String(closed)} that have ended`;
  if (tasks === 0) return `Take ${runs} up again?`;
  return `Clear ${String(tasks)} ${tasks === 1 ? 'task' : 'tasks'} of ${runs}${again}?`;
}
