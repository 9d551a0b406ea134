/**
 * Callbacks of a run and its tasks, as activities of the run: whoever dies, they are called. A callback that
 * fails changes nothing but a note in the run's report. DAGs without callbacks cost nothing here.
 */
import { CancellationScope, proxyActivities, sleep } from '@temporalio/workflow';
import { stripIndex } from '../core/expand-graph.js';
import type { CallbackNames, DeadlineOptions, Graph } from '../core/graph.js';
import type { CallbackName } from '../core/notifier.js';
import type { RunFacts } from '../core/run-facts.js';
import type { Run, TaskOutcome } from '../core/run.js';
import { isFinal } from '../core/states.js';
import { messageOf } from '../core/outside-value.js';
import { NOTIFY, type NotifyCall } from './contract.js';
import type { TaskRecord } from './run-report.js';

/** A callback that could not be called. */
export interface CallbackFailure {
  /** `load:on_failure`, or `:on_failure` for the run's own. */
  readonly callback: string;
  readonly message: string;
}

/** What a run takes along into a new history. */
export interface CallbacksSnapshot {
  /** Tasks whose missed deadline was told; '' is the run. */
  readonly missed?: readonly string[];
  readonly failures?: readonly CallbackFailure[];
}

/** Somebody's mail server is slow; the server limits how many activities of one run may be pending. */
const MOST_AT_ONCE = 50;
/** More are the same trouble again. */
const KEPT_FAILURES = 20;
const MESSAGE_CHARACTERS = 300;
/** Reasons travel once more with each callback; the whole text is in the report. */
const REASON_CHARACTERS = 1_000;

const RETRIES = 3;
/** The handler is told after a minute; this is for one that does not listen. */
const LONGEST_CALL = '75s';

const EVENTS = {
  success: 'on_success',
  failed: 'on_failure',
  skipped: 'on_skipped',
} as const satisfies Record<TaskOutcome, CallbackName>;

interface Due {
  readonly atMs: number;
  /** Undefined: the run. */
  readonly taskId?: string;
}

export class RunCallbacks {
  readonly #graph: Graph;
  readonly #facts: RunFacts;
  readonly #run: Pick<Run, 'stateOf'>;
  readonly #ofTasks: ReadonlyMap<string, CallbackNames>;
  readonly #dues: Due[];
  readonly #missed: Set<string>;
  readonly #failures: CallbackFailure[];
  /** How often an activity id was used: a task that is cleared may fail again. */
  readonly #uses = new Map<string, number>();
  readonly #queue: NotifyCall[] = [];
  #alarm = new CancellationScope();
  #active = 0;
  #whenIdle: (() => void) | undefined;

  constructor(
    graph: Graph,
    facts: RunFacts,
    startedAtMs: number,
    run: Pick<Run, 'stateOf'>,
    { missed = [], failures = [] }: CallbacksSnapshot = {},
  ) {
    this.#graph = graph;
    this.#facts = facts;
    this.#run = run;
    this.#ofTasks = new Map(
      graph.tasks.flatMap(({ id, execution: { callbacks } }) =>
        callbacks === undefined ? [] : [[id, callbacks]],
      ),
    );
    this.#missed = new Set(missed);
    this.#failures = [...failures];
    this.#dues = computeDues(graph, facts, startedAtMs);
  }

  /** The part of the run's report that is about callbacks. */
  toReport(): { readonly callbackFailures?: readonly CallbackFailure[] } {
    return this.#failures.length === 0 ? {} : { callbackFailures: this.#failures };
  }

  /** What a new history has to know of them. */
  toContinued(): { readonly callbacks?: CallbacksSnapshot } {
    if (this.#missed.size === 0 && this.#failures.length === 0) return {};
    return { callbacks: { missed: [...this.#missed], failures: this.#failures } };
  }

  /** A task has ended by its own work. What a rule or a person decided is not told, as in Airflow. */
  taskEnded(taskId: string, state: TaskOutcome, { message, tries }: TaskRecord = {}): void {
    this.#tell(this.#ofTasks.get(stripIndex(taskId)), {
      event: EVENTS[state],
      taskId,
      state,
      ...(tries === undefined ? {} : { tryNumber: tries }),
      ...(message === undefined ? {} : { reason: message.slice(0, REASON_CHARACTERS) }),
    });
  }

  /** Waits for deadlines, from now to `settle`. */
  watchDeadlines(): void {
    const [next] = this.#dues
      .filter(({ taskId = '' }) => !this.#missed.has(taskId))
      .sort((a, b) => a.atMs - b.atMs);
    if (next === undefined) return;
    const waitMs = next.atMs - Date.now();
    const ring = (): void => {
      for (const due of this.#dues) if (due.atMs <= next.atMs) this.#miss(due);
      this.watchDeadlines();
    };
    if (waitMs <= 0) return ring();
    this.#alarm.run(() => sleep(waitMs)).then(ring, () => undefined); // cancelled: the run has ended
  }

  #miss({ taskId }: Due): void {
    if (this.#missed.has(taskId ?? '')) return;
    this.#missed.add(taskId ?? '');
    const event = 'on_deadline_missed';
    if (taskId === undefined) return this.#tell(this.#graph.callbacks, { event, state: 'running' });
    const state = this.#run.stateOf(taskId);
    if (!isFinal(state)) this.#tell(this.#ofTasks.get(taskId), { event, taskId, state });
  }

  /** The run has its result. */
  runEnded(state: 'success' | 'failed', reason: string | undefined): void {
    this.#tell(this.#graph.callbacks, {
      event: state === 'success' ? 'on_success' : 'on_failure',
      state,
      ...(reason === undefined ? {} : { reason: reason.slice(0, REASON_CHARACTERS) }),
    });
  }

  /** Resolves when everybody has been told. Undefined, so that nothing is awaited, when nobody is to be. */
  settle(): Promise<void> | undefined {
    this.#alarm.cancel();
    this.#alarm = new CancellationScope(); // a repair may take the run up again
    if (this.#active === 0) return undefined;
    return new Promise((resolve) => (this.#whenIdle = resolve));
  }

  #tell(names: CallbackNames | undefined, what: Omit<NotifyCall, 'run' | 'index' | 'name'>): void {
    for (const [index, name] of (names?.[what.event] ?? []).entries()) {
      this.#queue.push({ ...what, index, name, run: this.#facts });
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#active < MOST_AT_ONCE) {
      const call = this.#queue.shift();
      if (call === undefined) break;
      this.#active += 1;
      CancellationScope.nonCancellable(() => this.#start(call)).then(
        () => this.#done(),
        (error: unknown) => {
          this.#keep(call, error);
          this.#done();
        },
      );
    }
    if (this.#active === 0) this.#whenIdle?.();
  }

  #done(): void {
    this.#active -= 1;
    this.#pump();
  }

  #start(call: NotifyCall): Promise<void> {
    const { [NOTIFY]: notify } = proxyActivities<{ [NOTIFY](call: NotifyCall): Promise<void> }>({
      activityId: this.#idOf(call),
      summary: `${call.taskId ?? this.#facts.dagId} · ${call.event} · ${call.name}`,
      startToCloseTimeout: LONGEST_CALL,
      retry: { maximumAttempts: RETRIES + 1, initialInterval: '1s', backoffCoefficient: 3 },
    });
    return notify(call);
  }

  /** `load:on_failure`, `load:on_failure.1` for the second of a list, `load:on_failure#2` when it happens again. */
  #idOf(call: NotifyCall): string {
    const id = `${placeOf(call)}${call.index === 0 ? '' : `.${String(call.index)}`}`;
    const uses = (this.#uses.get(id) ?? 0) + 1;
    this.#uses.set(id, uses);
    return uses === 1 ? id : `${id}#${String(uses)}`;
  }

  #keep(call: NotifyCall, error: unknown): void {
    if (this.#failures.length >= KEPT_FAILURES) return;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = messageOf(cause);
    this.#failures.push({
      callback: `${placeOf(call)} (${call.name})`,
      message: message.slice(0, MESSAGE_CHARACTERS),
    });
  }
}

function placeOf({ taskId = '', event }: NotifyCall): string {
  return `${taskId}:${event}`;
}

function computeDues(graph: Graph, facts: RunFacts, startedAtMs: number): Due[] {
  const run = graph.deadline === undefined ? undefined : computeDeadline(graph.deadline, facts, startedAtMs);
  const tasks = graph.tasks.flatMap(({ id, execution: { deadlineMs } }) =>
    deadlineMs === undefined ? [] : [{ taskId: id, atMs: startedAtMs + deadlineMs }],
  );
  return [...(run === undefined ? [] : [{ atMs: run }]), ...tasks];
}

/** A backfill is late by its nature: it has no deadline that comes from a date. */
function computeDeadline(
  { from, withinMs }: DeadlineOptions,
  { runType, logicalDate, dataInterval }: RunFacts,
  startedAtMs: number,
): number | undefined {
  if (from === 'run_start') return startedAtMs + withinMs;
  if (runType === 'backfill') return undefined;
  return Date.parse(from === 'logical_date' ? logicalDate : dataInterval[1]) + withinMs;
}
