/** For workflows that may last for months: where versions of workers run side by side, they go on with the current one. */
import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** Temporal refuses the answer of a worker without a version when it names a behaviour. */
export function goOnWithCurrentVersion(): WorkflowDefinitionOptions {
  const version = workflowInfo().currentDeploymentVersion?.deploymentName ?? '';
  return version === '' ? {} : { versioningBehavior: 'AUTO_UPGRADE' };
}
