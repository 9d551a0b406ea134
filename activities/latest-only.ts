/** The operator `latestOnly`: skips what comes after it in runs of the past. The engine decides; see workers/task-control. */
import { createOperator } from '../core/define-operator.js';

/**
 * Skips its direct downstream tasks unless the run is the latest that its schedule has brought; a run started by hand
 * always goes on. Its output says whether it did. Airflow's LatestOnlyOperator.
 */
export const latestOnly = createOperator<Readonly<Record<string, never>>, boolean>(
  'latest_only',
  () => true,
  {
    control: 'latest_only',
  },
);
