/**
 * The local EMR: Amazon EMR's own protocol on loopback, with clusters that are folders and steps that are spark-submit on
 * this machine. docs/local-emr.md tells what it does and what not.
 */
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import type { FaultPlan } from '../aws/faults.js';
import { startAwsJsonServer } from '../aws/json-server.js';
import type { FindAccessKey } from '../aws/signature.js';
import type { StateReason } from './cluster.js';
import { createClusterFiles } from './cluster-files.js';
import { Clusters } from './clusters.js';
import { createEmrOperations } from './operations.js';
import type { StartStep } from './run-steps.js';

export interface LocalEmrOptions {
  /** Holds the clusters' files and the steps' folders. */
  readonly dir: string;
  /** How steps are run; `createSparkRunner` makes one. */
  readonly startStep: StartStep;
  /** Where LogUri leads. */
  readonly s3: Connection;
  readonly findKey: FindAccessKey;
  readonly region: string;
  /** 0 means any free port. */
  readonly port?: number;
  /** How long a cluster is in each stage of its start and its end; minutes on AWS, here half a second by default. */
  readonly stageMs?: number;
  /** How long a second of an idle timeout takes; tests say less. */
  readonly idleSecondMs?: number;
  readonly faults?: FaultPlan;
}

export interface LocalEmr {
  readonly url: string;
  readonly port: number;
  /** For tests: what happens to clusters besides what their users ask for. */
  readonly fate: {
    /** The cluster ends TERMINATED_WITH_ERRORS. */
    failCluster(id: string, reason: StateReason): Promise<void>;
    /** The running step becomes INTERRUPTED. */
    interruptStep(clusterId: string, stepId: string): void;
  };
  /** Ends all steps and frees the port. Clusters are there again at the next start. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts the server, with the clusters that an earlier one left in `dir`. */
export async function startLocalEmr(options: LocalEmrOptions): Promise<LocalEmr> {
  const now = Date.now;
  const clusters = new Clusters({
    files: createClusterFiles(path.join(options.dir, 'clusters')),
    folder: path.join(options.dir, 'steps'),
    startStep: options.startStep,
    s3: options.s3,
    now,
    stageMs: options.stageMs ?? 500,
    idleSecondMs: options.idleSecondMs ?? 1000,
  });
  await clusters.open();
  const server = await startAwsJsonServer(
    {
      service: 'elasticmapreduce',
      targetPrefix: 'ElasticMapReduce',
      operations: createEmrOperations({ clusters, region: options.region, now }),
      findKey: options.findKey,
      region: options.region,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    },
    options.port ?? 0,
  ).catch(async (error: unknown) => {
    await clusters.stop();
    throw error;
  });
  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    port: server.port,
    fate: {
      failCluster: async (id, reason) => {
        const cluster = clusters.get(id);
        if (cluster !== undefined) await clusters.fail(cluster, reason);
      },
      interruptStep: (clusterId, stepId) => {
        const step = clusters.get(clusterId)?.steps.find(({ id }) => id === stepId);
        if (step !== undefined) clusters.interruptStep(step);
      },
    },
    stop: () => (stopped ??= server.stop().then(() => clusters.stop())),
  };
}
