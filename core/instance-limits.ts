/** Bounds how many instances of one mapped task are queued or running at once; the others wait in order. Internal. */
import type { RunNode } from './run-node.js';

interface Lane {
  readonly admitted: Set<RunNode>;
  readonly waiting: Set<RunNode>;
}

export class InstanceLimits {
  readonly #lanes = new Map<string, Lane>();

  /** Whether the task may go into the queue now. If not, `leave` will hand it out. */
  admit(node: RunNode): boolean {
    const { instance } = node.task;
    if (instance?.maxActive === undefined) return true;
    const lane = this.#laneOf(instance.of);
    if (lane.admitted.size >= instance.maxActive && !lane.admitted.has(node)) {
      lane.waiting.add(node);
      return false;
    }
    lane.admitted.add(node);
    return true;
  }

  /** The task runs, be it that a snapshot says so. */
  enter(node: RunNode): void {
    const { instance } = node.task;
    if (instance?.maxActive !== undefined) this.#laneOf(instance.of).admitted.add(node);
  }

  /** The task is neither queued nor running any more. Returns the one that may go into the queue in its place. */
  leave(node: RunNode): RunNode | undefined {
    const lane = this.#lanes.get(node.task.instance?.of ?? '');
    if (lane === undefined) return undefined;
    lane.waiting.delete(node);
    if (!lane.admitted.delete(node)) return undefined;
    for (const next of lane.waiting) {
      lane.waiting.delete(next);
      lane.admitted.add(next);
      return next;
    }
    return undefined;
  }

  /** Those that wait, each lane in its order. */
  waiting(): readonly RunNode[] {
    return [...this.#lanes.values()].flatMap(({ waiting }) => [...waiting]);
  }

  #laneOf(taskId: string): Lane {
    const known = this.#lanes.get(taskId);
    if (known !== undefined) return known;
    const lane: Lane = { admitted: new Set(), waiting: new Set() };
    this.#lanes.set(taskId, lane);
    return lane;
  }
}
