/** What a branch, a short circuit or `latestOnly` decides about the tasks after it, from what its handler returned. */
import { AirtempoError } from '../core/errors.js';
import type { RunContext } from '../core/context.js';
import type { Operator } from '../core/operator.js';
import { isRecord, showValue } from '../core/outside-value.js';
import type { Branch } from '../core/run.js';
import { computeFireTime } from '../core/data-interval.js';
import { computeNextRuns } from '../core/next-runs.js';
import type { Timetable } from '../core/timetable.js';

const SKIP_ALL: Branch = { follow: [], reach: 'all' };
const SKIP_DIRECT: Branch = { follow: [], reach: 'direct' };

interface Decision {
  readonly output: unknown;
  readonly branch?: Branch;
}

/** The task's output and, where it has a say, which tasks after it run. Throws INVALID_OUTPUT for a branch to no task. */
export function decideControl(
  { control }: Operator<never, unknown>,
  returned: unknown,
  run: RunContext,
  schedule: Timetable | null | undefined,
): Decision {
  if (control === undefined) return { output: returned };
  switch (control) {
    case 'approval':
      return { output: returned };
    case 'branch': {
      const follow = parseTargets(returned);
      return { output: follow, branch: { follow, reach: 'direct' } };
    }
    case 'short_circuit':
      return isTruthy(returned) ? { output: returned } : { output: returned, branch: SKIP_ALL };
    case 'short_circuit_direct':
      return isTruthy(returned) ? { output: returned } : { output: returned, branch: SKIP_DIRECT };
    case 'latest_only':
      return isLatest(run, schedule ?? null) ? { output: true } : { output: false, branch: SKIP_DIRECT };
  }
}

/** Python's truth, as Airflow's users know it: an empty list or object is false too. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

function parseTargets(returned: unknown): readonly string[] {
  const targets = Array.isArray(returned) ? (returned as readonly unknown[]) : [returned ?? []].flat();
  return targets.map((target) => {
    if (typeof target === 'string') return target;
    throw new AirtempoError(
      'INVALID_OUTPUT',
      `The branch returned ${showValue(target)}. Return the id of a task or group, a list of ids, or null to follow none.`,
    );
  });
}

/** Airflow's LatestOnlyOperator: a run started by hand counts as the latest; others until the next one is due. */
function isLatest(run: RunContext, timetable: Timetable | null): boolean {
  if (timetable === null || run.runType === 'manual') return true;
  const [next] = computeNextRuns({ timetable }, computeFireTime(timetable, run.dataInterval), 1);
  return next === undefined || Date.now() <= next.fireTime.getTime();
}
