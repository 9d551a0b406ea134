/** The operators that ship with airtempo, by name: what a worker can run even when no DAG file names it. */
import type { Operator } from '../core/operator.js';
import { approval } from './approval.js';
import { checkSql } from './check-sql.js';
import { churnCheckFeatures } from './churn-check-features.js';
import { churnCheckScores } from './churn-check-scores.js';
import { churnCurrentModel } from './churn-current-model.js';
import { churnFeatures } from './churn-features.js';
import { churnModelCard } from './churn-model-card.js';
import { churnPromoteModel } from './churn-promote-model.js';
import { churnScoringFeatures } from './churn-scoring-features.js';
import { churnStageScores } from './churn-stage-scores.js';
import { copyFromFiles } from './copy-from-files.js';
import { copyFromS3 } from './copy-from-s3.js';
import { createEmrCluster } from './create-emr-cluster.js';
import { empty } from './empty.js';
import { kafkaIngest } from './kafka-ingest.js';
import { kafkaProduce } from './kafka-produce.js';
import { checkIngestedLake } from './kafka/check-ingested-lake.js';
import { checkIngestedWarehouse } from './kafka/check-ingested-warehouse.js';
import { checkLake } from './lake/check-lake.js';
import { writeLakeDays } from './lake/write-lake-days.js';
import { writeLakeSongs } from './lake/write-lake-songs.js';
import { latestOnly } from './latest-only.js';
import { removeRedshiftConnection, writeRedshiftConnection } from './redshift/connection.js';
import { createRedshiftCluster } from './redshift/create-cluster.js';
import { deleteRedshiftCluster } from './redshift/delete-cluster.js';
import { ensureRedshiftAccess } from './redshift/ensure-access.js';
import { pauseRedshiftCluster, resumeRedshiftCluster } from './redshift/pause-and-resume.js';
import { removeRedshiftAccess } from './redshift/remove-access.js';
import { waitForRedshiftCluster } from './redshift/wait-for-cluster.js';
import { runInsights } from './run-insights.js';
import { runSql } from './run-sql.js';
import { waitForDag } from './sensors/dag.js';
import { waitForEmrCluster } from './sensors/emr-cluster.js';
import { waitForFile } from './sensors/file.js';
import { waitForHttp } from './sensors/http.js';
import { waitForS3Key } from './sensors/s3-key.js';
import { waitForSql } from './sensors/sql.js';
import { waitFor, waitUntil } from './sensors/time.js';
import { sparkJob } from './spark-job.js';
import { terminateEmrCluster } from './terminate-emr-cluster.js';
import { triggerDag } from './trigger-dag.js';

export type { ApprovalArgs, Decision } from './approval.js';
export { approval, checkSql, copyFromFiles, copyFromS3, empty, latestOnly, runInsights, runSql, triggerDag };
export { checkIngestedLake, checkIngestedWarehouse, kafkaIngest, kafkaProduce };
export { checkLake, writeLakeDays, writeLakeSongs };
export { createEmrCluster, sparkJob, terminateEmrCluster };
export {
  createRedshiftCluster,
  deleteRedshiftCluster,
  ensureRedshiftAccess,
  pauseRedshiftCluster,
  removeRedshiftAccess,
  removeRedshiftConnection,
  resumeRedshiftCluster,
  waitForRedshiftCluster,
  writeRedshiftConnection,
};
export {
  waitFor,
  waitForDag,
  waitForEmrCluster,
  waitForFile,
  waitForHttp,
  waitForS3Key,
  waitForSql,
  waitUntil,
};

const SHIPPED = [
  approval,
  checkIngestedLake,
  checkIngestedWarehouse,
  checkLake,
  checkSql,
  churnCheckFeatures,
  churnCheckScores,
  churnCurrentModel,
  churnFeatures,
  churnModelCard,
  churnPromoteModel,
  churnScoringFeatures,
  churnStageScores,
  copyFromFiles,
  copyFromS3,
  createEmrCluster,
  createRedshiftCluster,
  deleteRedshiftCluster,
  empty,
  ensureRedshiftAccess,
  kafkaIngest,
  kafkaProduce,
  latestOnly,
  pauseRedshiftCluster,
  removeRedshiftAccess,
  removeRedshiftConnection,
  resumeRedshiftCluster,
  runInsights,
  runSql,
  sparkJob,
  terminateEmrCluster,
  triggerDag,
  waitFor,
  waitForDag,
  waitForEmrCluster,
  waitForFile,
  waitForHttp,
  waitForRedshiftCluster,
  waitForS3Key,
  waitForSql,
  waitUntil,
  writeLakeDays,
  writeLakeSongs,
  writeRedshiftConnection,
] as unknown as readonly Operator<never, unknown>[];

/** Shipped operators by name. */
export const SHIPPED_OPERATORS: ReadonlyMap<string, Operator<never, unknown>> = new Map(
  SHIPPED.map((operator) => [operator.operatorName, operator]),
);
