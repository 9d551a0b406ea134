/**
 * References to tasks, as a DAG file holds them. `TaskRef<T>` stands for a task and, in arguments, for
 * its output of type T. `then` makes edges. Nothing runs here.
 */
import { AirtempoError } from './errors.js';

/** How references tell the DAG under construction about edges and roles. */
export interface EdgeRecorder {
  readonly dagId: string;
  addEdge(upstream: string, downstream: string): void;
  markSetup(id: string): void;
  markTeardown(id: string, onFailureFailDagrun: boolean): void;
}

/** Anything that stands for tasks: a task, a group, or what `then` returned. */
export abstract class Tasks {
  /** The DAG under construction. */
  protected readonly dag: EdgeRecorder;

  constructor(dag: EdgeRecorder) {
    this.dag = dag;
  }

  /** Id of the DAG these tasks belong to. */
  get dagId(): string {
    return this.dag.dagId;
  }

  /** Whether these are tasks of that very DAG; ids alone would confuse two DAGs with the same task ids. */
  isPartOf(dag: EdgeRecorder): boolean {
    return this.dag === dag;
  }

  /** Ids that get the edges from upstream. */
  abstract get rootIds(): readonly string[];
  /** Ids that the edges to downstream start from. */
  abstract get leafIds(): readonly string[];

  /**
   * Runs `next` after these tasks; returns `next`, so that chains read left to right:
   * `extract.then(loadUsers, loadSongs).then(check)`. This makes edges; it is no promise, and `await` on it
   * is an error.
   */
  then(...next: readonly Tasks[]): Tasks {
    const [only] = next;
    if (only === undefined) throw notTasks(this, only);
    for (const tasks of next) {
      if (!(tasks instanceof Tasks)) throw notTasks(this, tasks);
      this.connectTo(tasks);
    }
    return next.length === 1 ? only : new TaskList(this.dag, next);
  }

  private connectTo(next: Tasks): void {
    const upstreamIds = this.leafIds;
    const downstreamIds = next.rootIds;
    if (!next.isPartOf(this.dag)) {
      throw new AirtempoError(
        'UNKNOWN_ID',
        `DAG ${this.dagId}: ${showIds(upstreamIds)} cannot be followed by ${showIds(downstreamIds)} of DAG ${next.dagId}. ` +
          `An edge stays inside one DAG: use a task of DAG ${this.dagId}.`,
      );
    }
    if (upstreamIds.length === 0) {
      throw new AirtempoError(
        'INVALID_TASK',
        `DAG ${this.dagId}: no edge to ${showIds(downstreamIds)} can start here: a group's edges start at its leaves, ` +
          `and this group has only setups and teardowns, or a cycle. Call then on one of its tasks.`,
      );
    }
    for (const upstream of upstreamIds) {
      for (const downstream of downstreamIds) this.dag.addEdge(upstream, downstream);
    }
  }
}

/** Enough ids to recognise the place; an error must fit on a screen. */
function showIds(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}

function notTasks(from: Tasks, value: unknown): AirtempoError {
  const [what, hint] = explain(value);
  return new AirtempoError(
    'INVALID_TASK',
    `DAG ${from.dagId}: ${showIds(from.leafIds)}.then(…) got ${what}. ${hint}`,
  );
}

function explain(value: unknown): readonly [what: string, hint: string] {
  if (value === undefined) return ['no task', 'Pass at least one; leave out a step that may be empty.'];
  if (Array.isArray(value)) return ['an array', 'Write .then(a, b), or .then(...list) for a list.'];
  if (typeof value === 'function') {
    return [
      'a function',
      'It looks as if the task was awaited, or returned from an async function: a task is not a promise. ' +
        'Pass it as an argument of another task to use its output, and keep the build function synchronous.',
    ];
  }
  const what = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  return [what, 'Pass tasks or groups made by this DAG.'];
}

/** One task; in arguments, its output. */
export class TaskRef<out Output = unknown> extends Tasks {
  readonly id: string;
  /** Carries the type only; never present at run time. */
  declare readonly output: Output;

  constructor(dag: EdgeRecorder, id: string) {
    super(dag);
    this.id = id;
  }

  get rootIds(): readonly string[] {
    return [this.id];
  }

  get leafIds(): readonly string[] {
    return [this.id];
  }

  /** Makes this a setup: if it fails, the tasks in its scope fail with it. */
  asSetup(): this {
    this.dag.markSetup(this.id);
    return this;
  }

  /**
   * Makes this a teardown: it runs once its setups have succeeded, however the work between them ended.
   * Its own failure does not fail the run unless `onFailureFailDagrun`.
   */
  asTeardown(
    options: { readonly setups?: readonly TaskRef[]; readonly onFailureFailDagrun?: boolean } = {},
  ): this {
    this.dag.markTeardown(this.id, options.onFailureFailDagrun ?? false);
    for (const setup of options.setups ?? []) {
      setup.then(this);
      setup.asSetup();
    }
    return this;
  }
}

/** Several tasks side by side. */
export class TaskList extends Tasks {
  private readonly members: readonly Tasks[];

  constructor(dag: EdgeRecorder, members: readonly Tasks[]) {
    super(dag);
    this.members = members;
  }

  get rootIds(): readonly string[] {
    return this.members.flatMap((member) => member.rootIds);
  }

  get leafIds(): readonly string[] {
    return this.members.flatMap((member) => member.leafIds);
  }
}

/** A task group: edges to it reach its roots, edges from it start at its leaves. */
export class GroupRef<out Result = unknown> extends Tasks {
  readonly id: string;
  /** What the group's build function returned. */
  readonly result: Result;
  private readonly ends: { roots(): readonly string[]; leaves(): readonly string[] };

  constructor(
    dag: EdgeRecorder,
    id: string,
    result: Result,
    ends: { roots(): readonly string[]; leaves(): readonly string[] },
  ) {
    super(dag);
    this.id = id;
    this.result = result;
    this.ends = ends;
  }

  get rootIds(): readonly string[] {
    return this.ends.roots();
  }

  get leafIds(): readonly string[] {
    return this.ends.leaves();
  }
}
