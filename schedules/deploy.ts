/** `deploy`: makes the schedules of a namespace those that the DAGs ask for. Never deletes one. */
import type { Client } from '@temporalio/client';
import type { Dag } from '../core/dag.js';
import { isAirtempoError } from '../core/errors.js';
import { computeDesiredSchedule, type DesiredSchedule } from './desired-schedule.js';
import { listGone, planDeploy, type DeployRequest, type DeployStep } from './reconcile.js';
import type { ScheduledDag } from './schedule-spec.js';
import { switchOn } from './switch-on.js';
import { applyStep, readSchedules } from './temporal-schedules.js';

/** How to deploy. */
export interface DeployOptions {
  readonly taskQueue: string;
  /** Whether schedules of DAGs that are not among these are paused; not when some could not be loaded. */
  readonly isComplete: boolean;
  /** Whether new schedules are switched on at once. */
  readonly unpause: boolean;
  /** Only says what it would do. */
  readonly dryRun: boolean;
  /** Who deploys and when, for the notes of schedules. */
  readonly note: string;
  readonly now: Date;
}

/** A step and what came of it. */
export type DeployedStep = DeployStep & {
  /** Why it failed; the others go on. */
  readonly error?: unknown;
  /** Runs that the DAG was owed when it was switched on. */
  readonly started?: readonly Date[];
};

export interface DeployResult {
  readonly steps: readonly DeployedStep[];
  /** Schedules whose DAG was not found, left as they are because not all files could be read. */
  readonly unsure: readonly string[];
}

/** Deploys the DAGs. One that cannot be deployed does not keep the others from it. */
export async function deploy(
  client: Client,
  dags: ReadonlyMap<string, Dag>,
  options: DeployOptions,
): Promise<DeployResult> {
  const request = createRequest([...dags.values()], options);
  const actual = await readSchedules(client, [...dags.keys()]);
  const steps: DeployedStep[] = [];
  for (const step of planDeploy(request, actual)) {
    const dag = dags.get(step.dagId);
    steps.push(options.dryRun ? step : await apply(client, step, dag, options));
  }
  const unsure = options.isComplete ? [] : listGone(request, actual).filter(({ paused }) => !paused);
  return { steps, unsure: unsure.map(({ dagId }) => dagId) };
}

async function apply(
  client: Client,
  step: DeployStep,
  dag: Dag | undefined,
  { note }: DeployOptions,
): Promise<DeployedStep> {
  try {
    await applyStep(client, step);
    const isSwitchedOn = (step.kind === 'create' && !step.paused) || (step.kind === 'update' && step.resume);
    if (!isSwitchedOn || !isScheduled(dag)) return step;
    return { ...step, ...(await switchOn(client, dag, note)) };
  } catch (error) {
    return { ...step, error };
  }
}

/** Whether the DAG has a schedule at all. */
export function isScheduled(dag: Dag | undefined): dag is Dag & ScheduledDag {
  return dag !== undefined && dag.schedule !== null;
}

function createRequest(
  dags: readonly Dag[],
  { taskQueue, isComplete, unpause, now }: DeployOptions,
): DeployRequest {
  const desired: DesiredSchedule[] = [];
  const refused: { dagId: string; message: string }[] = [];
  for (const dag of dags.filter(isScheduled)) {
    try {
      desired.push(computeDesiredSchedule(dag, taskQueue, now));
    } catch (error) {
      if (!isAirtempoError(error)) throw error;
      refused.push({ dagId: dag.id, message: error.message });
    }
  }
  const withoutSchedule = dags.filter((dag) => !isScheduled(dag)).map(({ id }) => id);
  return { desired, withoutSchedule, refused, taskQueue, isComplete, unpause };
}
