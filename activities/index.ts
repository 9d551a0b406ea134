/** The operators that ship with airtempo, by name: what a worker can run even when no DAG file names it. */
import type { Operator } from '../core/operator.js';
import { approval } from './approval.js';
import { checkSql } from './check-sql.js';
import { copyFromFiles } from './copy-from-files.js';
import { copyFromS3 } from './copy-from-s3.js';
import { empty } from './empty.js';
import { latestOnly } from './latest-only.js';
import { runSql } from './run-sql.js';

export type { ApprovalArgs, Decision } from './approval.js';
export { approval, checkSql, copyFromFiles, copyFromS3, empty, latestOnly, runSql };

const SHIPPED = [
  approval,
  checkSql,
  copyFromFiles,
  copyFromS3,
  empty,
  latestOnly,
  runSql,
] as unknown as readonly Operator<never, unknown>[];

/** Shipped operators by name. */
export const SHIPPED_OPERATORS: ReadonlyMap<string, Operator<never, unknown>> = new Map(
  SHIPPED.map((operator) => [operator.operatorName, operator]),
);
