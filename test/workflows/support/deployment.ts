/** A deployment of Temporal's Worker Versioning, as the `temporal worker deployment` commands see it. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import pRetry from 'p-retry';
import { fetchEvents } from './history.js';

export interface Deployment {
  readonly name: string;
  /** Makes this version the current one, as soon as a worker of it has been seen. */
  setCurrent(buildId: string): Promise<void>;
  /** The builds that have stepped the run, in order, each as often as it took over. */
  buildsOf(handle: WorkflowHandle): Promise<readonly string[]>;
}

export function createDeployment({ workflowService }: Client, name = `test-${randomUUID()}`): Deployment {
  return {
    name,
    setCurrent: (buildId) =>
      pRetry(
        async () => {
          await workflowService.setWorkerDeploymentCurrentVersion({
            namespace: 'default',
            deploymentName: name,
            buildId,
            identity: 'test',
          });
        },
        { retries: 50, minTimeout: 100, factor: 1.1, maxTimeout: 1000 },
      ),
    buildsOf: async (handle) => {
      const builds = (await fetchEvents(handle)).flatMap(
        ({ workflowTaskCompletedEventAttributes: completed }) => completed?.deploymentVersion?.buildId ?? [],
      );
      return builds.filter((build, index) => build !== builds[index - 1]);
    },
  };
}
