/**
 * Workflow ids of runs: the same for a date whoever starts it (a schedule, the command line, a backfill,
 * another DAG), so that the server refuses a second run of it. Pure: clock and chance are passed in.
 */
import type { Dag } from './dag.js';
import { computeFireTime, computeIntervalOf } from './data-interval.js';

/** `<dagId>-<fire time>`: the id of the DAG's one run for a logical date, as Temporal's schedules make it. */
export function computeWorkflowId(dag: Pick<Dag, 'id' | 'schedule'>, logicalDate: Date): string {
  const interval = computeIntervalOf(dag.schedule, logicalDate);
  return `${dag.id}-${formatSecond(computeFireTime(dag.schedule, interval))}`;
}

/** `<dagId>-manual-<time>-<suffix>`: the id of a run without a logical date. The suffix keeps two of one second apart. */
export function computeManualWorkflowId(dagId: string, now: Date, suffix: string): string {
  return `${dagId}-manual-${formatSecond(now)}-${suffix}`;
}

function formatSecond(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
