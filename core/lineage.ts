/**
 * What a task reads and writes, in OpenLineage's words: datasets with a namespace and a name. Types only; who tells
 * whom is the worker's business.
 */

/** A table, a prefix of objects, a file. Naming: https://openlineage.io/docs/spec/naming */
export interface Dataset {
  /** Where it is, such as `postgres://host:5432` or `s3://bucket`. */
  readonly namespace: string;
  /** What it is called there, such as `dev.public.songplays` or `log_data/2018/11`. */
  readonly name: string;
  /** Its columns, as far as the task names them. */
  readonly columns?: readonly string[];
  /** Rows written to it by this try. */
  readonly rowCount?: number;
}

/** Datasets that a task uses. */
export interface DatasetUse {
  readonly inputs?: readonly Dataset[];
  readonly outputs?: readonly Dataset[];
}
