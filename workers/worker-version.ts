/** Temporal's Worker Versioning: versions of workers side by side (https://docs.temporal.io/worker-versioning). */
import type { WorkerOptions } from '@temporalio/worker';

/** Which version a worker is. All workers of one release, those of pools too, have the same. */
export interface WorkerVersion {
  /** The deployment whose versions replace one another. */
  readonly deployment: string;
  /** This version, such as a commit. */
  readonly buildId: string;
  /** Whether runs end on the version they began on. Otherwise they go on with the current one. */
  readonly pinRuns: boolean;
}

/**
 * The version as options of a worker. Backfills, streams and run slots say for themselves that they go on with the current
 * version: they may last for months, and what they start is to be of today.
 */
export function toDeploymentOptions(
  version: WorkerVersion | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  const { deployment, buildId, pinRuns } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName: deployment, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: pinRuns ? 'PINNED' : 'AUTO_UPGRADE',
    },
  };
}
