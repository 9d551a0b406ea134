/**
 * Draws a graph as rails beside its tasks, one line a task, as `git log --graph` draws commits. Every task
 * is below all it waits for. A corner or crossing of strokes joins; a rail drawn through a stroke passes behind it.
 */
import type { RunGraphTask } from '../core/graph.js';

/** One line of the drawing. */
export interface DrawnTask<T> {
  readonly task: T;
  /** All lines have the same width. */
  readonly rails: string;
}

interface Rail {
  readonly taskId: string;
  /** Edges from the task that are still to be drawn. */
  open: number;
}

/** Draws in declaration order as far as the edges allow it. */
export function drawGraph<T extends RunGraphTask>(tasks: readonly T[]): readonly DrawnTask<T>[] {
  const edges = new Map(tasks.map(({ id }) => [id, 0]));
  for (const { upstream } of tasks) for (const id of upstream) edges.set(id, (edges.get(id) ?? 0) + 1);
  const board = new RailBoard();
  const drawn = sortByEdges(tasks).map((task) => ({
    task,
    rails: board.draw(task, edges.get(task.id) ?? 0),
  }));
  const width = Math.max(0, ...drawn.map(({ rails }) => rails.length));
  return drawn.map(({ task, rails }) => ({ task, rails: rails.padEnd(width) }));
}

class RailBoard {
  readonly #rails: (Rail | undefined)[] = [];
  /** A dot right below the dot of a task without downstream would look joined to it. */
  #resting = -1;

  draw(task: RunGraphTask, open: number): string {
    const from = this.#rails.flatMap((rail, lane) =>
      rail && task.upstream.includes(rail.taskId) ? [lane] : [],
    );
    for (const lane of from) (this.#rails[lane] as Rail).open -= 1; // `from` holds lanes with a rail
    const dot = this.#chooseLane(from);
    const line = this.#formatLine(from, dot);
    for (const lane of from) if (this.#rails[lane]?.open === 0) this.#rails[lane] = undefined;
    this.#rails[dot] = open > 0 ? { taskId: task.id, open } : undefined;
    this.#resting = open > 0 ? -1 : dot;
    return line;
  }

  /** Straight below the first upstream if nothing else hangs on that, else the next free lane to the right. */
  #chooseLane(from: readonly number[]): number {
    const [first] = from;
    if (first !== undefined && this.#rails[first]?.open === 0) return first;
    let lane = first === undefined ? 0 : first + 1;
    while (this.#rails[lane] !== undefined || lane === this.#resting) lane += 1;
    return lane;
  }

  #formatLine(from: readonly number[], dot: number): string {
    const start = Math.min(dot, ...from);
    const end = Math.max(dot, ...from);
    let line = '';
    for (let lane = 0; lane < Math.max(this.#rails.length, end + 1); lane += 1) {
      const rail = this.#rails[lane];
      const isInside = lane > start && lane < end;
      if (lane === dot) line += '●';
      else if (from.includes(lane)) line += joint(lane > start, lane < end, (rail?.open ?? 0) > 0);
      else if (rail !== undefined) line += '│';
      else line += isInside ? '─' : ' ';
      line += lane >= start && lane < end ? '─' : ' ';
    }
    return line.trimEnd();
  }
}

/** The stroke of an upstream's rail where an edge leaves it. */
function joint(left: boolean, right: boolean, goesOn: boolean): string {
  if (goesOn) return left && right ? '┼' : right ? '├' : '┤';
  return left && right ? '┴' : right ? '╰' : '╯';
}

/** Kahn's order; among those that are ready the one declared first. */
function sortByEdges<T extends RunGraphTask>(tasks: readonly T[]): readonly T[] {
  const placed = new Set<string>();
  const sorted: T[] = [];
  let rest = tasks;
  while (rest.length > 0) {
    const later: T[] = [];
    for (const task of rest) {
      if (task.upstream.every((id) => placed.has(id))) {
        placed.add(task.id);
        sorted.push(task);
      } else later.push(task);
    }
    if (later.length === rest.length) return [...sorted, ...later]; // a cycle, which no DAG has
    rest = later;
  }
  return sorted;
}
