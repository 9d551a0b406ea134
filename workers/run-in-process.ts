/**
 * Runs a DAG in this process, without Temporal: the shell behind `dags test`. The same state machine and
 * the same task code as a worker's; a task is tried once, so that the first error is the one you see.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeStrangers } from '../core/branch.js';
import type { TaskState } from '../core/states.js';
import type { TaskConnectionStore } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import type { ExecutionOptions, GraphTask, PokeOptions } from '../core/graph.js';
import type { RunInput } from '../core/run-facts.js';
import type { ConnectionRegistry } from '../connections/registry.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { VariableRegistry } from '../connections/variables.js';
import type { RunPlan, TaskCall, TaskResult } from '../workflows/contract.js';
import { RunShape } from '../workflows/run-shape.js';
import { createRunReport, type RunReport, type TaskRecord } from '../workflows/run-report.js';
import { describeThrown } from './describe-thrown.js';
import { executeTask, type Attempt, type TaskEnvironment } from './execute-task.js';
import type { Logger } from './logger.js';
import { countItems } from './map-items.js';
import { planRun } from './plan-run.js';
import type { PokeMemory } from './poke-memory.js';
import { pokeSensor } from './poke-sensor.js';
import { createTaskEnvironment } from './worker.js';
import type { XComStore } from './xcom-store.js';

/** What a run in this process needs. */
export interface InProcessParts {
  readonly dags: ReadonlyMap<string, Dag>;
  readonly registry: ConnectionRegistry;
  /** Where tasks keep connections. Default: nowhere. */
  readonly connectionStore?: TaskConnectionStore | undefined;
  /** Default: there are none. */
  readonly variables?: VariableRegistry | undefined;
  readonly scrubber: SecretScrubber;
  readonly xcom: XComStore;
  readonly logger: Logger;
  /** Aborting it cancels the run: running tasks are told, teardowns still run. */
  readonly signal: AbortSignal;
  readonly onChange: (change: {
    readonly taskId: string;
    readonly state: TaskState;
    readonly durationMs?: number;
    readonly message?: string;
  }) => void;
}

/** Runs the DAG to its end. Never throws for a failed task. */
export async function runInProcess(dag: Dag, input: RunInput, parts: InProcessParts): Promise<RunReport> {
  const startedAt = new Date().toISOString();
  const plan = planRun({ dagId: dag.id, workflowId: `test-${dag.id}`, input, startedAt }, parts.dags);
  return new InProcessRun(dag, plan, parts).execute();
}

/** For work that has to be done after the interrupt. */
function detached(attempt: Attempt): Attempt {
  return { ...attempt, signal: new AbortController().signal };
}

class InProcessRun {
  /** Each test is a run of its own to the outside world, also when its date is another one's. */
  readonly #key = randomUUID();
  readonly #dag: Dag;
  readonly #plan: RunPlan;
  readonly #parts: InProcessParts;
  readonly #env: TaskEnvironment;
  readonly #shape: RunShape;
  readonly #expanding = new Set<string>();
  readonly #records = new Map<string, TaskRecord>();

  constructor(dag: Dag, plan: RunPlan, parts: InProcessParts) {
    this.#dag = dag;
    this.#plan = plan;
    this.#parts = parts;
    this.#env = createTaskEnvironment(parts);
    this.#shape = new RunShape(dag.graph);
    const { run } = this.#shape;
    run.releaseFromPast(run.tasksAwaitingPast); // without Temporal there is no previous run
  }

  async execute(): Promise<RunReport> {
    const running = new Set<Promise<void>>();
    const { signal } = this.#parts;
    if (signal.aborted) this.#shape.run.cancel();
    else signal.addEventListener('abort', () => this.#shape.run.cancel(), { once: true });
    for (;;) {
      for (const id of this.#shape.run.takeReady()) {
        const task = this.#runTask(id).finally(() => running.delete(task));
        running.add(task);
      }
      this.#announce();
      if (running.size === 0) break;
      await Promise.race(running);
    }
    return createRunReport(this.#shape.graph, this.#shape.run, this.#plan.facts, this.#records);
  }

  async #runTask(id: string): Promise<void> {
    const task = this.#shape.task(id);
    if (task.mapGroup !== undefined) return this.#expand(task.mapGroup);
    const record: TaskRecord = { startedAtMs: Date.now() };
    this.#records.set(id, record);
    const outcome = await this.#try(task).catch((error: unknown) => {
      record.message = this.#parts.scrubber.scrub(describeThrown(error));
      return 'failed' as const;
    });
    record.endedAtMs = Date.now();
    if (outcome === 'failed') this.#shape.run.finish(id, 'failed');
    else this.#settle(task, outcome, record);
    this.#shape.outputs.release(task);
  }

  get #xcomPrefix(): string {
    return `test/${this.#dag.id}`;
  }

  async #expand(groupId: string): Promise<void> {
    if (this.#expanding.has(groupId)) return;
    this.#expanding.add(groupId);
    const { sources, inputs } = this.#shape.expandRequest(groupId);
    const read = (taskId: string): Promise<unknown> => this.#env.xcom.get(inputs[taskId], this.#xcomPrefix);
    try {
      const length = await countItems(groupId, sources, read);
      this.#announce();
      this.#shape.takeApart(groupId, length);
    } catch (error) {
      this.#failMap(groupId, this.#parts.scrubber.scrub(describeThrown(error)));
    }
  }

  #failMap(groupId: string, message: string): void {
    const { base, run } = this.#shape;
    const started = base.tasks.filter(
      ({ id, mapGroup }) => mapGroup === groupId && run.stateOf(id) === 'running',
    );
    for (const { id } of started) {
      this.#records.set(id, { message });
      run.finish(id, 'failed');
    }
  }

  #settle(task: GraphTask, result: TaskResult, record: TaskRecord): void {
    if (result.state === 'skipped') {
      record.message = result.reason;
      return this.#shape.run.finish(task.id, 'skipped');
    }
    const strangers =
      result.branch === undefined ? [] : this.#shape.run.findStrangers(task.id, result.branch);
    if (strangers.length > 0) {
      record.message = describeStrangers(strangers);
      return this.#shape.run.finish(task.id, 'failed');
    }
    this.#shape.outputs.keep(task.id, result.output);
    this.#shape.run.finish(task.id, 'success', result.branch);
  }

  #try(task: GraphTask): Promise<TaskResult> {
    if (task.operator === 'empty') return Promise.resolve({ state: 'success' });
    const { facts } = this.#plan;
    const { inlineBytes: _, ...call } = this.#shape.callOf(task, facts);
    const attempt = {
      operatorName: task.operator,
      tryNumber: 1,
      taskKey: `${this.#key}/${task.id}`,
      // a teardown after an interrupt is to run to its end
      signal: task.teardown === true ? new AbortController().signal : this.#parts.signal,
      log: this.#parts.logger.child({
        dagId: facts.dagId,
        runId: facts.runId,
        taskId: task.id,
        tryNumber: 1,
      }),
      xcomPrefix: this.#xcomPrefix,
      lastHeartbeat: undefined,
      heartbeat: () => undefined,
      lineage: () => undefined,
    };
    const { poke } = task.execution;
    if (poke !== undefined) return this.#wait({ ...task.execution, poke }, call, attempt);
    return this.#execute(call, attempt);
  }

  async #execute(call: TaskCall, attempt: Attempt): Promise<TaskResult> {
    const result = await executeTask(call, attempt, this.#env);
    if (result.state === 'not_yet') throw new Error(`not yet: ${result.reason}`); // the graph is the code's: no sensor
    return result;
  }

  /** A sensor looks again and again in this process; its first error is the one you see. */
  async #wait(
    execution: ExecutionOptions & { readonly poke: PokeOptions },
    call: TaskCall,
    attempt: Attempt,
  ): Promise<TaskResult> {
    const begunAt = performance.now();
    let memory: PokeMemory = { errors: 0 };
    try {
      for (let pokeNumber = 1; ; pokeNumber += 1) {
        const poking = {
          ...attempt,
          pokeNumber,
          memory,
          remember: (next: PokeMemory) => void (memory = next),
          elapsedMs: () => performance.now() - begunAt,
        };
        const outcome = await pokeSensor(call, { ...execution, retries: 0 }, poking, this.#env);
        if (outcome.state !== 'poke_again') return outcome;
        attempt.log.info({ reason: outcome.reason, againInMs: outcome.delayMs }, 'not yet');
        await sleep(outcome.delayMs, undefined, { signal: attempt.signal });
      }
    } catch (error) {
      if (attempt.signal.aborted) await this.#execute({ ...call, event: 'cancelled' }, detached(attempt));
      else if (execution.poke.softFail === true) return { state: 'skipped', reason: describeThrown(error) };
      throw error;
    }
  }

  #announce(): void {
    for (const { taskId, state } of this.#shape.run.drainChanges()) {
      const { startedAtMs, endedAtMs, message } = this.#records.get(taskId) ?? {};
      const ended = startedAtMs !== undefined && endedAtMs !== undefined && state !== 'running';
      this.#parts.onChange({
        taskId,
        state,
        ...(ended ? { durationMs: endedAtMs - startedAtMs } : {}),
        ...(message === undefined || state === 'running' ? {} : { message }),
      });
    }
  }
}
