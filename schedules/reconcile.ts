/** What a deploy has to do: compares the schedules that the DAGs ask for with those the server holds. Pure. */
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import type { DesiredSchedule } from './desired-schedule.js';
import { createView, diffViews, NOTHING_FOREIGN, type Change, type ScheduleView } from './schedule-view.js';

/** A schedule as the server holds it. */
export interface ActualSchedule {
  readonly dagId: string;
  /** Whether airtempo made it; others are left alone. */
  readonly isOurs: boolean;
  readonly view: ScheduleView;
  /** What `airtempo deploy` noted about what it wrote; absent when somebody has removed it. */
  readonly specHash: string | undefined;
  readonly timetable: string | undefined;
  readonly paused: boolean;
  readonly note: string;
}

/** What to do about one DAG. */
export type DeployStep =
  | {
      readonly kind: 'create';
      readonly dagId: string;
      readonly desired: DesiredSchedule;
      readonly paused: boolean;
    }
  | {
      readonly kind: 'update';
      readonly dagId: string;
      readonly desired: DesiredSchedule;
      readonly changes: readonly Change[];
      /** The DAG is what it was: somebody else has changed the schedule. */
      readonly drift: boolean;
      readonly paused: boolean;
      /** A deploy had paused it because its DAG was gone: it is switched on again. */
      readonly resume: boolean;
    }
  | { readonly kind: 'pause'; readonly dagId: string; readonly reason: PauseReason }
  | { readonly kind: 'unchanged'; readonly dagId: string; readonly paused: boolean }
  | { readonly kind: 'refused'; readonly dagId: string; readonly message: string };

/** Why a deploy switches a schedule off. */
export type PauseReason = 'removed' | 'no_schedule';

/** Notes of schedules that a deploy has switched off, and so may switch on again. */
export const PAUSE_NOTES: Readonly<Record<PauseReason, string>> = {
  removed: 'Paused by airtempo deploy: its DAG is gone. Back in the files, it is switched on again.',
  no_schedule: 'Paused by airtempo deploy: its DAG has no schedule. With one, it is switched on again.',
};

/** What the DAG files ask for. */
export interface DeployRequest {
  readonly desired: readonly DesiredSchedule[];
  /** DAGs with `schedule: null`. */
  readonly withoutSchedule: readonly string[];
  /** DAGs whose schedule cannot be made; their schedules are left as they are. */
  readonly refused: readonly { readonly dagId: string; readonly message: string }[];
  readonly taskQueue: string;
  /** Whether what is not among these DAGs is gone. Not when a file could not be loaded, or single files were named. */
  readonly isComplete: boolean;
  /** Whether new schedules are switched on at once. */
  readonly unpause: boolean;
}

/** The steps of a deploy, by DAG id. */
export function planDeploy(request: DeployRequest, actual: readonly ActualSchedule[]): readonly DeployStep[] {
  const byId = new Map(actual.map((schedule) => [schedule.dagId, schedule]));
  const steps: DeployStep[] = [
    ...request.refused.map(({ dagId, message }) => ({ kind: 'refused' as const, dagId, message })),
    ...request.desired.map((desired) => planDesired(desired, byId.get(desired.dagId), request.unpause)),
    ...request.withoutSchedule.flatMap((dagId) => planPause(byId.get(dagId), 'no_schedule')),
    ...(request.isComplete ? listGone(request, actual) : []).flatMap((gone) => planPause(gone, 'removed')),
  ];
  return steps.sort((a, b) => (a.dagId < b.dagId ? -1 : 1));
}

/** Our schedules of this task queue whose DAG is none of these. */
export function listGone(
  { desired, withoutSchedule, refused, taskQueue }: DeployRequest,
  actual: readonly ActualSchedule[],
): readonly ActualSchedule[] {
  const known = new Set([
    ...desired.map(({ dagId }) => dagId),
    ...withoutSchedule,
    ...refused.map(({ dagId }) => dagId),
  ]);
  return actual.filter(
    ({ dagId, isOurs, view }) => isOurs && view.fields['task queue'] === taskQueue && !known.has(dagId),
  );
}

function planDesired(
  desired: DesiredSchedule,
  actual: ActualSchedule | undefined,
  unpause: boolean,
): DeployStep {
  const { dagId } = desired;
  if (actual === undefined) return { kind: 'create', dagId, desired, paused: !unpause };
  if (!actual.isOurs) return { kind: 'refused', dagId, message: foreignMessage(dagId) };
  const changes = listChanges(actual, desired);
  const resume = actual.paused && Object.values(PAUSE_NOTES).includes(actual.note);
  const drift = actual.specHash === desired.specHash && changes.length > 0;
  if (changes.length === 0 && !resume && actual.specHash === desired.specHash) {
    return { kind: 'unchanged', dagId, paused: actual.paused };
  }
  return { kind: 'update', dagId, desired, changes, drift, paused: actual.paused && !resume, resume };
}

function foreignMessage(dagId: string): string {
  return (
    `The namespace has a schedule ${JSON.stringify(dagId)} that "airtempo deploy" did not make. ` +
    `Rename the DAG, or delete that schedule: temporal schedule delete --schedule-id ${dagId}`
  );
}

function listChanges(actual: ActualSchedule, desired: DesiredSchedule): readonly Change[] {
  const changes = diffViews(actual.view, viewDesired(desired));
  const from = actual.timetable ?? 'unknown';
  return from === desired.timetable
    ? changes
    : [{ field: 'schedule', from, to: desired.timetable }, ...changes];
}

/** What the server should hold. */
export function viewDesired(desired: DesiredSchedule): ScheduleView {
  return createView({
    ...desired,
    workflowId: desired.dagId,
    taskTimeoutMs: WORKFLOW_TASK_TIMEOUT_MS,
    foreign: NOTHING_FOREIGN,
  });
}

function planPause(actual: ActualSchedule | undefined, reason: PauseReason): readonly DeployStep[] {
  if (actual === undefined || !actual.isOurs) return [];
  if (actual.paused) return [{ kind: 'unchanged', dagId: actual.dagId, paused: true }];
  return [{ kind: 'pause', dagId: actual.dagId, reason }];
}
