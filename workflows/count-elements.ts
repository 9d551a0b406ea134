/** Asks the worker how many elements a mapped group runs for: a local activity, since the lists may be in the XCom store. */
import { proxyLocalActivities } from '@temporalio/workflow';
import { EXPAND_MAP, type ExpandRequest } from './contract.js';

type ExpandMap = (request: ExpandRequest) => Promise<number>;

const { [EXPAND_MAP]: expandMap } = proxyLocalActivities<{ [EXPAND_MAP]: ExpandMap }>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 5 },
});

/** How many instances each task of the group has. */
export function countElements(request: ExpandRequest): Promise<number> {
  return expandMap(request);
}
