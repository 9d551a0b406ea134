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

  /** Ids that get the edges from upstream. */
  abstract get rootIds(): readonly string[];
  /** Ids that the edges to downstream start from. */
  abstract get leafIds(): readonly string[];

  /**
   * Runs `next` after these tasks; returns `next`, so that chains read left to right:
   * `extract.then(loadUsers, loadSongs).then(check)`.
   */
  then(...next: readonly Tasks[]): Tasks {
    for (const tasks of next) {
      if (!(tasks instanceof Tasks)) throw notTasks(this, tasks);
      this.connectTo(tasks);
    }
    const [only] = next;
    return next.length === 1 && only !== undefined ? only : new TaskList(this.dag, next);
  }

  private connectTo(next: Tasks): void {
    if (next.dag !== this.dag) {
      throw new AirtempoError(
        'UNKNOWN_ID',
        `${this.leafIds.join(', ')} of DAG ${this.dag.dagId} cannot be followed by ${next.rootIds.join(', ')} of DAG ` +
          `${next.dag.dagId}: an edge stays inside one DAG.`,
      );
    }
    for (const upstream of this.leafIds) {
      for (const downstream of next.rootIds) this.dag.addEdge(upstream, downstream);
    }
  }
}

function notTasks(from: Tasks, value: unknown): AirtempoError {
  const hint =
    typeof value === 'function'
      ? 'It looks as if the reference was awaited or returned from an async function; a reference is not a promise: pass it as an argument of another task instead.'
      : 'Pass tasks or groups made by this DAG.';
  return new AirtempoError(
    'INVALID_TASK',
    `${from.leafIds.join(', ')}.then(…) got ${typeof value}, not a task. ${hint}`,
  );
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
    for (const setup of options.setups ?? []) setup.asSetup().then(this);
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
