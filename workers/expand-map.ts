/** The local activity that counts the elements of a mapped group. */
import { activityInfo } from '@temporalio/activity';
import type { ExpandRequest } from '../workflows/contract.js';
import { countItems } from './map-items.js';
import type { XComStore } from './xcom-store.js';

/** How many instances the group has. Throws INVALID_OUTPUT for what is no list, or too many elements. */
export function expandMap({ groupId, sources, inputs }: ExpandRequest, xcom: XComStore): Promise<number> {
  const prefix = activityInfo().workflowExecution?.workflowId ?? '';
  return countItems(groupId, sources, (taskId) => xcom.getShared(inputs[taskId], prefix));
}
