/** The worker's end of the run's sinks: passes a run's end on to the observers, but never a replayed one. */
import type { InjectedSinks } from '@temporalio/worker';
import type { RunSinks } from '../../workflows/run-sinks.js';
import type { Observer } from './observer.js';

/** Makes the sinks that the workflow calls. */
export function createRunSinks(observer: Required<Observer>): InjectedSinks<RunSinks> {
  return {
    runs: {
      ended: {
        fn: ({ workflowId, runId, firstExecutionRunId }, end) =>
          observer.runEnded(end, { workflowId, runId, firstRunId: firstExecutionRunId }),
      },
    },
  };
}
