/** `airtempo dags list`: the DAGs, and whether they are switched on, as far as Temporal can be asked. */
import type { Dag } from '../core/dag.js';
import { isAirtempoError } from '../core/errors.js';
import { computeNextRuns } from '../core/next-runs.js';
import { formatTimetable } from '../core/timetable.js';
import { listSwitches } from '../schedules/temporal-schedules.js';
import type { LoadedDags } from '../workers/dag-loader.js';
import type { App } from './app.js';
import { describeDag } from './describe-dag.js';
import { formatTable, print, printJson, say } from './output.js';
import { connectTemporal } from './temporal.js';

/** Prints the DAGs. Works without Temporal as well; then it does not know which of them are on. */
export async function listDags(app: App, { dags, files }: LoadedDags, json: boolean): Promise<void> {
  const switches = await readSwitches(app);
  const now = new Date();
  const rows = [...dags.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((dag) => ({ dag, state: describeState(dag, switches), nextRun: computeNextFire(dag, now) }));
  if (json) {
    printJson(
      rows.map(({ dag, state, nextRun }) => ({
        ...describeDag(dag),
        state,
        nextRun,
        file: files.get(dag.id),
      })),
    );
    return;
  }
  print(
    formatTable(
      ['dag', 'schedule', 'state', 'next run', 'tasks', 'description'],
      rows.map(({ dag, state, nextRun }) => [
        dag.id,
        formatTimetable(dag.schedule),
        state.replace('_', ' '),
        nextRun?.toISOString().replace(/(:00)?\.000Z$/, 'Z') ?? '-',
        String(dag.graph.tasks.length),
        dag.description,
      ]),
    ),
  );
}

/** A list is to come at once: who is not there after two seconds is not asked. */
const PATIENCE = '2s';

async function readSwitches(app: App): Promise<ReadonlyMap<string, 'on' | 'off'> | undefined> {
  try {
    const session = await connectTemporal(app, PATIENCE);
    try {
      return await listSwitches(session.client);
    } finally {
      await session.close();
    }
  } catch (error) {
    const reason = isAirtempoError(error) ? error.message : `Temporal does not tell: ${String(error)}`;
    say(`note: which DAGs are on is not known. ${reason}`);
    return undefined;
  }
}

function describeState(dag: Dag, switches: ReadonlyMap<string, 'on' | 'off'> | undefined): string {
  if (dag.schedule === null) return 'by_hand';
  return switches === undefined ? 'unknown' : (switches.get(dag.id) ?? 'not_deployed');
}

function computeNextFire({ schedule, startDate, endDate }: Dag, now: Date): Date | undefined {
  return computeNextRuns({ timetable: schedule, startDate, endDate }, now, 1)[0]?.fireTime;
}
