/**
 * The operator `empty`: a joint in the graph that does nothing. The engine finishes such a task by itself,
 * so no worker ever runs this handler.
 */
import { createOperator } from '../core/define-operator.js';

/** Airflow's EmptyOperator: succeeds at once and costs no activity. */
export const empty = createOperator<Readonly<Record<string, never>>, null>('empty', () => null);
