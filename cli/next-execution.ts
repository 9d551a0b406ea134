/**
 * `airtempo dags next-execution`: the next runs by a DAG's timetable, in its zone and in UTC. It asks no
 * server: whether the DAG is switched on is not its business.
 */
import { InvalidArgumentError, type Command } from 'commander';
import type { DataInterval } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import { computeNextRuns, type ScheduledRun } from '../core/next-runs.js';
import { parseInstant } from '../core/run-facts.js';
import { describeTimetable, zoneOf } from '../core/timetable.js';
import { formatInZone } from '../core/wall-clock.js';
import { formatTable, print, printJson, say, style } from './output.js';
import { wholeNumber } from './whole-number.js';

/** Options of the command, parsed. */
export interface NextExecutionOptions {
  readonly count: number;
  readonly after?: Date;
  readonly json?: boolean;
}

/** Adds the command's options and help. */
export function addNextExecutionOptions(command: Command): Command {
  return command
    .option('-n, --count <n>', 'how many runs', wholeNumber(1, 1000), 5)
    .option('--after <instant>', 'runs that start after it, e.g. 2018-11-02 (UTC); default: now', parseAfter)
    .addHelpText(
      'after',
      `
Examples:
  airtempo dags next-execution awst_redshift_dag
  airtempo dags next-execution awst_redshift_dag -n 3 --after 2018-11-02T00:00:00Z --json`,
    );
}

function parseAfter(text: string): Date {
  try {
    return parseInstant(text);
  } catch {
    throw new InvalidArgumentError('Write a date such as 2018-11-02 or 2018-11-02T02:00:00Z.');
  }
}

/** Prints the next runs; where there are fewer than asked for, it says why. */
export function printNextExecution(
  dag: Dag,
  { count, after, json }: NextExecutionOptions,
  now = new Date(),
): void {
  const { schedule: timetable, startDate, endDate } = dag;
  const since = after ?? now;
  const runs = computeNextRuns({ timetable, startDate, endDate }, since, count);
  const reason = runs.length < count ? explainEnd(dag, runs, since) : undefined;
  const timezone = zoneOf(timetable);
  if (json === true) {
    const shown = runs.map((run) => ({ ...toJson(run, 'UTC'), local: toJson(run, timezone) }));
    printJson({ dagId: dag.id, timetable, timezone, after: since, runs: shown, reason });
    return;
  }
  say(`${style('bold', dag.id)}  ${describeTimetable(timetable)}`);
  if (runs.length > 0) print(formatRuns(runs, timezone));
  if (reason !== undefined) print(reason);
}

/** Why the timetable makes no more runs. */
function explainEnd(dag: Dag, runs: readonly ScheduledRun[], after: Date): string {
  const { id, schedule, startDate, endDate } = dag;
  if (schedule === null) return `No run: DAG ${id} has no schedule and is started by hand.`;
  if (schedule.kind === 'continuous') {
    return `No fixed time: DAG ${id} is continuous, and starts its next run when the last has ended.`;
  }
  if (schedule.kind === 'once') {
    const when = startDate === undefined ? '' : `, not before its startDate, ${startDate.toISOString()}`;
    return `No ${runs.length > 0 ? 'other run' : 'fixed time'}: DAG ${id} runs once, when it is switched on${when}.`;
  }
  const from = runs.length > 0 ? '' : ` after ${after.toISOString()}`;
  const end = endDate?.toISOString() ?? 'none'; // only an endDate ends a timetable with ticks
  return `No ${runs.length > 0 ? 'further ' : ''}run${from}: no interval of DAG ${id} starts after its endDate, ${end}.`;
}

function toJson({ fireTime, logicalDate, interval }: ScheduledRun, timezone: string): object {
  return {
    fireTime: formatInZone(fireTime, timezone),
    logicalDate: formatInZone(logicalDate, timezone),
    dataInterval: [formatInZone(interval.start, timezone), formatInZone(interval.end, timezone)],
  };
}

function formatRuns(runs: readonly ScheduledRun[], timezone: string): string {
  const zones = timezone === 'UTC' ? ['UTC'] : [timezone, 'UTC'];
  return formatTable(
    ['starts at', 'logical date', 'data interval [start, end)', 'zone'],
    runs.flatMap((run) =>
      zones.map((zone) => [
        formatInZone(run.fireTime, zone),
        formatInZone(run.logicalDate, zone),
        formatInterval(run.interval, zone),
        zone,
      ]),
    ),
  );
}

function formatInterval({ start, end }: DataInterval, timezone: string): string {
  if (start.getTime() === end.getTime()) return 'none';
  return `${formatInZone(start, timezone)} to ${formatInZone(end, timezone)}`;
}
