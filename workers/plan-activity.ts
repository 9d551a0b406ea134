/** The local activity behind `plan_run`: adapts `planRun` to Temporal, and tells observers that a run begins. */
import { Context } from '@temporalio/activity';
import type { Dag } from '../core/dag.js';
import type { PlanRequest, RunPlan } from '../workflows/contract.js';
import { executionOf, type Observer } from './observe/observer.js';
import { planRun } from './plan-run.js';

/** Makes the activity. */
export function createPlanActivity(
  dags: ReadonlyMap<string, Dag>,
  observer: Required<Observer>,
): (request: PlanRequest) => Promise<RunPlan> {
  return (request) => {
    try {
      const plan = planRun(request, dags);
      reportStart(request, plan, observer);
      return Promise.resolve(plan);
    } catch (error) {
      observer.runRefused(dags.has(request.dagId) ? request.dagId : undefined);
      return Promise.reject(error);
    }
  };
}

function reportStart(request: PlanRequest, { facts }: RunPlan, observer: Required<Observer>): void {
  observer.runStarted({
    run: facts,
    execution: executionOf(Context.current().info),
    startedAtMs: Date.parse(request.startedAt),
    ...(request.scheduledFor === undefined ? {} : { scheduledForMs: Date.parse(request.scheduledFor) }),
  });
}
