/** The elements of mapped groups: how many there are, and which one an instance is given. Knows nothing of Temporal. */
import { AirtempoError } from '../core/errors.js';
import { MAX_MAP_LENGTH } from '../core/expand-graph.js';
import type { MapSource } from '../core/graph.js';
import { showValue } from '../core/outside-value.js';

/** Reads the output of a task, wherever it is kept. */
export type ReadOutput = (taskId: string) => Promise<unknown>;

/** How many instances a mapped group has: a product over its lists. Throws INVALID_OUTPUT for what is no list. */
export async function countItems(
  groupId: string,
  sources: readonly MapSource[],
  read: ReadOutput,
): Promise<number> {
  const lists = await Promise.all(sources.map((source) => readLists(source, read)));
  const length = lists.reduce((product, zipped) => product * lengthOf(zipped), 1);
  if (length <= MAX_MAP_LENGTH) return length;
  throw new AirtempoError(
    'INVALID_OUTPUT',
    `Mapped group ${groupId} would have ${length.toLocaleString('en')} instances, and a run can have ${MAX_MAP_LENGTH.toLocaleString('en')}. ` +
      `Let each instance take a batch of elements.`,
  );
}

/** The element that this instance is given under `key`: of several lists the last varies fastest, as in Airflow. */
export async function readItem(
  key: string,
  index: number,
  sources: readonly MapSource[],
  read: ReadOutput,
): Promise<unknown> {
  let rest = index;
  for (const source of sources.toReversed()) {
    const lists = await readLists(source, read);
    const length = lengthOf(lists);
    const position = rest % length;
    if (source.key === key) return pick(lists, position, length);
    rest = Math.floor(rest / length);
  }
  throw new AirtempoError(
    'TASK_CODE_MISSING',
    `The mapped group has no list named ${JSON.stringify(key)}. The DAG file was edited after the run began: start a new run.`,
  );
}

function pick(lists: readonly (readonly unknown[])[], position: number, length: number): unknown {
  if (!(position < length)) {
    throw new AirtempoError(
      'INVALID_OUTPUT',
      `There is no element ${String(position)}: the list has become shorter since the run was expanded. Clear the whole mapped task.`,
    );
  }
  const [first = [], ...others] = lists;
  // a copy: the list may be shared with other instances in this process
  return structuredClone(
    others.length === 0 ? first[position] : [first, ...others].map((list) => list[position]),
  );
}

function lengthOf(lists: readonly (readonly unknown[])[]): number {
  return Math.min(...lists.map((list) => list.length));
}

async function readLists(source: MapSource, read: ReadOutput): Promise<readonly (readonly unknown[])[]> {
  if ('list' in source) return [source.list];
  return Promise.all(source.from.map(async (taskId) => asList(taskId, await read(taskId))));
}

function asList(taskId: string, output: unknown): readonly unknown[] {
  if (Array.isArray(output)) return output as readonly unknown[];
  throw new AirtempoError(
    'INVALID_OUTPUT',
    `Task ${taskId} returned ${showValue(output)}, and a task maps over it. Return a list.`,
  );
}
