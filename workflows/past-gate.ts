/**
 * Asks the previous run for the tasks that depend on the past: one activity at a time, which answers once a task may
 * start. It is started only for such tasks, so histories of other DAGs have none. Decides nothing itself.
 */
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { computeDownstream } from '../core/graph-links.js';
import type { RunGraph, RunGraphTask } from '../core/graph.js';
import type { PastTask } from '../core/past-dependency.js';
import type { RunFacts } from '../core/run-facts.js';
import type { Run } from '../core/run.js';
import { WAIT_FOR_PAST, type PastAnswer, type PastRequest } from './contract.js';

type PastActivity = (request: PastRequest) => Promise<PastAnswer>;

/** So many ids are asked for at once: they travel in the history. */
const MOST_ASKED = 2_000;
/** Somebody failed the activity by hand. */
const ASK_AGAIN_AFTER = '30s';

export class PastGate {
  readonly #run: () => Run;
  readonly #facts: RunFacts;
  readonly #tasks: ReadonlyMap<string, PastTask>;
  readonly #onRelease: () => void;
  #asked: ReadonlySet<string> = new Set();
  #scope: CancellationScope | undefined;
  #questions = 0;

  /** `onRelease` is called when tasks of the run have been let go. */
  constructor(graph: RunGraph, run: () => Run, facts: RunFacts, onRelease: () => void) {
    this.#run = run;
    this.#facts = facts;
    this.#tasks = collectPastTasks(graph);
    this.#onRelease = onRelease;
  }

  /** Sees to it that the previous run is being asked for each task that awaits it, until `work` is cancelled. */
  watch(work: CancellationScope): void {
    if (this.#tasks.size === 0) return;
    const wanted = this.#run().tasksAwaitingPast.slice(0, MOST_ASKED);
    const isAsked = this.#scope !== undefined && wanted.every((id) => this.#asked.has(id));
    if (wanted.length === 0 || isAsked || work.consideredCancelled) return;
    this.#scope?.cancel();
    const scope = new CancellationScope({ cancellable: true, parent: work });
    this.#scope = scope;
    this.#asked = new Set(wanted);
    const release = (met: readonly string[]): void => {
      if (this.#scope !== scope) return; // asked anew since
      this.#scope = undefined;
      this.#run().releaseFromPast(met.filter((id) => this.#asked.has(id)));
      this.#onRelease();
      this.watch(work);
    };
    scope.run(() => this.#ask(wanted)).then(release, ignoreCancellation);
  }

  async #ask(taskIds: readonly string[]): Promise<readonly string[]> {
    const { dagId, logicalDate } = this.#facts;
    const { workflowId } = workflowInfo();
    const tasks = taskIds.flatMap((id) => this.#tasks.get(id) ?? []);
    try {
      const { met } = await this.#activity()({ dagId, workflowId, logicalDate, tasks });
      return met;
    } catch (error) {
      if (isCancellation(error)) throw error;
      await sleep(ASK_AGAIN_AFTER);
      return [];
    }
  }

  /** Each question has an id of its own: the one before may still be on its way out. No task has such an id. */
  #activity(): PastActivity {
    this.#questions += 1;
    const activities = proxyActivities<{ [WAIT_FOR_PAST]: PastActivity }>({
      activityId: this.#questions === 1 ? '$past' : `$past-${String(this.#questions)}`,
      summary: 'waits until the previous run lets tasks start',
      startToCloseTimeout: '2m',
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    });
    return activities[WAIT_FOR_PAST];
  }
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error; // a bug: it fails the Workflow Task, not the run
}

function collectPastTasks(graph: RunGraph): ReadonlyMap<string, PastTask> {
  const dependent = graph.tasks.filter(({ dependsOnPast }) => dependsOnPast === true);
  if (dependent.length === 0) return new Map();
  const downstream = computeDownstream(graph);
  return new Map(dependent.map((task) => [task.id, toPastTask(task, downstream(task.id))]));
}

function toPastTask(task: RunGraphTask, downstream: readonly RunGraphTask[]): PastTask {
  return {
    id: task.id,
    ...(task.waitForDownstream === true ? { downstream: downstream.map(({ id }) => id) } : {}),
    ...(task.ignoreFirstDependsOnPast === false ? { ignoreFirstDependsOnPast: false } : {}),
  };
}
