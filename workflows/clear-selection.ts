/** Which tasks a request to clear means, and whether they can be cleared. Changes nothing. */
import { AirtempoError } from '../core/errors.js';
import { selectTasks } from '../core/select-tasks.js';
import { withSetups } from '../core/setup-scope.js';
import { toSelection, type ClearRequest } from './repairs.js';
import type { RunShape } from './run-shape.js';

/**
 * Ids of the tasks that are meant and that have something to clear, with the setups and teardowns that they need. Throws
 * INVALID_ARGUMENT when there is none, or when a task needs an output that the run no longer holds.
 */
export function selectForClear(shape: RunShape, request: ClearRequest): readonly string[] {
  const { run, graph } = shape;
  const { upstream = false, downstream = false } = request;
  const named = request.tasks?.flatMap((id) => shape.resolve(id));
  const chosen =
    named !== undefined && !upstream && !downstream
      ? named
      : selectTasks(graph.tasks, named === undefined ? request : toSelection({ ...request, tasks: named }));
  const isFailed = (id: string): boolean => ['failed', 'upstream_failed'].includes(run.stateOf(id));
  const wanted = request.onlyFailed === true ? chosen.filter(isFailed) : chosen;
  const ids = withSetups(graph, wanted).filter((id) => run.stateOf(id) !== 'none');
  if (ids.length === 0) {
    const what = request.onlyFailed === true ? 'failed' : 'started or ended';
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `There is nothing to clear: none of the chosen tasks has ${what}. See "airtempo runs show" for their states.`,
    );
  }
  refuseLostInputs(shape, ids);
  return ids;
}

function refuseLostInputs(shape: RunShape, ids: readonly string[]): void {
  const cleared = new Set(ids);
  for (const id of ids) {
    const lost = shape.outputs.lostFor(shape.task(id)).find((input) => !cleared.has(input));
    if (lost === undefined) continue;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `Task ${id} cannot be cleared alone: it needs the output of ${lost}, which the run no longer holds. ` +
        `Clear ${lost} too, for example with "upstream".`,
    );
  }
}
