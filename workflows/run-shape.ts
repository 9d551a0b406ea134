/**
 * The run with the graph as it is now: mapped groups are taken apart while it goes on, and what is keyed by task id
 * changes with them. Shared by the workflow and by `dags test`; knows no time and starts nothing.
 */
import { expandGraph } from '../core/expand-graph.js';
import type { Graph, GraphTask, MapGroup, MapInstance } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import type { RunSnapshot } from '../core/run-snapshot.js';
import { createRun, type Run } from '../core/run.js';
import { isFinal, type TaskState } from '../core/states.js';
import { restoreLost, restoreSnapshot, type ContinuedRun } from './continued-run.js';
import type { ExpandRequest, TaskCall } from './contract.js';
import { Outputs } from './outputs.js';

/** What a run that goes on brings along. */
export interface RestoredShape {
  readonly snapshot: RunSnapshot;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly lost: readonly string[];
}

/** What several instances come to: the worst of them. */
const ENDS = ['failed', 'upstream_failed', 'success'] as const;

export class RunShape {
  /** As recorded, with its mapped groups in one piece. */
  readonly base: Graph;
  #tasks: ReadonlyMap<string, GraphTask>;
  #run: Run<Graph>;
  #outputs: Outputs;

  constructor(base: Graph, restored?: RestoredShape) {
    this.base = base;
    // only a run that was terminated has running tasks here, and nobody runs them any more
    this.#run = createRun(base, restored?.snapshot, { runningTasks: 'start_again' });
    this.#tasks = indexTasks(this.#run.graph);
    this.#outputs = new Outputs(this.#run.graph, { ...restored, states: restored?.snapshot.states });
  }

  /** With the instances of the mapped groups that have been taken apart. */
  get graph(): Graph {
    return this.#run.graph;
  }

  get run(): Run<Graph> {
    return this.#run;
  }

  get outputs(): Outputs {
    return this.#outputs;
  }

  task(id: string): GraphTask {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new Error(`the graph lost its task ${id}`);
    return task;
  }

  has(id: string): boolean {
    return this.#tasks.has(id);
  }

  ids(): Iterable<string> {
    return this.#tasks.keys();
  }

  /** Ids of tasks of the run: an instance or a plain task is itself, a mapped task is all its instances. */
  resolve(id: string): readonly string[] {
    const instances = this.#run.graph.tasks.filter(({ instance }) => instance?.of === id).map(({ id }) => id);
    if (instances.length > 0) return instances;
    this.#run.stateOf(id); // refuses unknown ids
    return [id];
  }

  /** The state of a task; of a mapped one that has been taken apart, `running` until all its instances have ended. */
  stateOf(id: string): TaskState {
    if (this.#tasks.has(id)) return this.#run.stateOf(id);
    const states = this.resolve(id).map((instance) => this.#run.stateOf(instance));
    if (!states.every(isFinal)) return 'running';
    return ENDS.find((state) => states.includes(state)) ?? 'skipped';
  }

  /** What is to be counted before the group can be taken apart. */
  expandRequest(groupId: string): ExpandRequest {
    const group = this.#groupOf(groupId);
    const { sources } = group;
    return { dagId: this.base.dagId, groupId, sources, inputs: this.#outputs.ofMap(group) };
  }

  /** Goes on with so many instances of a mapped group. */
  takeApart(groupId: string, length: number): void {
    this.#adopt(this.#run.expanded(groupId, length));
  }

  /**
   * Puts mapped groups together again all of whose instances are chosen and none of which is running: they are to be
   * counted anew. Returns the chosen tasks that are left.
   */
  collapse(ids: readonly string[]): readonly string[] {
    const chosen = new Set(ids);
    for (const [groupId] of this.#run.expansions) {
      const members = this.#run.graph.tasks.filter(({ instance }) => instance?.group === groupId);
      const isWhole = members.every(({ id }) => chosen.has(id) && this.#run.stateOf(id) !== 'running');
      if (!isWhole) continue;
      for (const { id } of members) chosen.delete(id);
      this.#adopt(this.#run.collapsed(groupId));
    }
    return [...chosen];
  }

  /** The input of a task's activity. */
  callOf(task: GraphTask, facts: RunFacts): TaskCall {
    const inputs = this.#outputs.for(task);
    const inlineBytes = this.#outputs.inlineBytes(task.id);
    return {
      taskId: task.id,
      run: facts,
      maxTries: task.execution.retries + 1,
      ...(task.args === undefined ? {} : { args: task.args }),
      ...(task.instance === undefined ? {} : { map: this.#mapOf(task.instance) }),
      ...(inputs === undefined ? {} : { inputs }),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
    };
  }

  #mapOf({ of, group, index }: MapInstance): NonNullable<TaskCall['map']> {
    return { of, index, sources: this.#groupOf(group).sources };
  }

  #groupOf(groupId: string): MapGroup {
    const group = this.base.maps?.find(({ id }) => id === groupId);
    if (group === undefined) throw new Error(`the graph lost its mapped group ${groupId}`);
    return group;
  }

  #adopt(run: Run<Graph>): void {
    if (run === this.#run) return;
    this.#run = run;
    this.#tasks = indexTasks(run.graph);
    const { lost } = this.#outputs;
    this.#outputs = new Outputs(run.graph, {
      outputs: this.#outputs.toJSON(),
      lost,
      states: run.snapshot().states,
    });
  }
}

function indexTasks({ tasks }: Graph): ReadonlyMap<string, GraphTask> {
  return new Map(tasks.map((task) => [task.id, task]));
}

/** The shape of a run that begins, or of one that goes on. */
export function restoreShape(base: Graph, continued: ContinuedRun | undefined): RunShape {
  if (continued === undefined) return new RunShape(base);
  const graph = expandGraph(base, continued.expansions ?? []); // its states are by position among all instances
  return new RunShape(base, {
    snapshot: restoreSnapshot(graph, continued),
    outputs: continued.outputs,
    lost: restoreLost(graph, continued),
  });
}
