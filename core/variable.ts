/** Airflow's variables, as data: texts by name that DAGs read when they run. Stores live in connections/. */

/** One variable. */
export interface Variable {
  /** The name DAGs use. */
  readonly id: string;
  /** A text; JSON for those who read it as such. */
  readonly value: string;
  readonly description?: string;
}
