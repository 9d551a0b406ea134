/**
 * Mapped groups whose elements are being counted: each once, whichever of its tasks asks first. The count is a local
 * activity, since the lists may be in the XCom store.
 */
import { proxyLocalActivities } from '@temporalio/workflow';
import type { GraphTask } from '../core/graph.js';
import { EXPAND_MAP, type ExpandRequest } from './contract.js';
import type { RunShape } from './run-shape.js';

type ExpandMap = (request: ExpandRequest) => Promise<number>;

const { [EXPAND_MAP]: expandMap } = proxyLocalActivities<{ [EXPAND_MAP]: ExpandMap }>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 5 },
});

/** How many instances each task of the group has. */
export function countElements(request: ExpandRequest): Promise<number> {
  return expandMap(request);
}

export class MapExpansions {
  readonly #shape: RunShape;
  readonly #counting = new Set<string>();

  constructor(shape: RunShape) {
    this.#shape = shape;
  }

  /** What is to be counted; undefined while that is being done. */
  begin(groupId: string): ExpandRequest | undefined {
    if (this.#counting.has(groupId)) return undefined;
    this.#counting.add(groupId);
    return this.#shape.expandRequest(groupId);
  }

  /** The elements are counted: the run goes on with so many instances. */
  end(groupId: string, length: number): void {
    this.#counting.delete(groupId);
    this.#shape.takeApart(groupId, length);
  }

  /** Nobody counts any more. Returns the tasks of the group that wait for it. */
  abandon(groupId: string): readonly GraphTask[] {
    this.#counting.delete(groupId);
    const { base, run } = this.#shape;
    return base.tasks.filter(({ id, mapGroup }) => mapGroup === groupId && run.stateOf(id) === 'running');
  }
}
