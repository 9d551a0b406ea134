/** What every start of a run tells Temporal, whoever starts it. */

/**
 * A worker has so long for one step of a run's workflow. A busy worker that has to replay a long history needs more than
 * the server's ten seconds: a step that never ends in time is begun again for ever.
 */
export const WORKFLOW_TASK_TIMEOUT_MS = 30_000;

/** Task queue of runs and of tasks without a pool. */
export const DEFAULT_TASK_QUEUE = 'airtempo';
