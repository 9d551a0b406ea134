/**
 * The clusters of the local EMR and what happens to them: they come up, run their steps in order, wait, and end. One
 * process holds them; each change is written down before anyone is told. Rules about requests are `requests.ts`'s.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import { messageOf } from '../../core/outside-value.js';
import { isActive, isEnding, isRunning } from './cluster.js';
import type { Cluster, StateReason, Step, StepState } from './cluster.js';
import type { ClusterFiles } from './cluster-files.js';
import type { StartStep } from './run-steps.js';
import { archiveStepLogs, stepLogUri, summarizeFailure } from './step-logs.js';
import { endLeftover, stepLogFiles } from './step-process.js';
import type { StepExit, StepProcess } from './step-process.js';

export interface ClustersOptions {
  readonly files: ClusterFiles;
  /** Where the steps run, a folder each. */
  readonly folder: string;
  readonly startStep: StartStep;
  /** Where LogUri leads. */
  readonly s3: Connection;
  readonly now: () => number;
  /** How long a cluster is STARTING, BOOTSTRAPPING and TERMINATING: minutes on AWS. */
  readonly stageMs: number;
  /** How long a second of an idle timeout is. */
  readonly idleSecondMs: number;
}

/** How a running step is to end instead of by itself. */
type Verdict = { readonly state: Extract<StepState, 'CANCELLED' | 'INTERRUPTED'>; readonly message: string };

const USER_REQUEST = { Code: 'USER_REQUEST', Message: 'Terminated by user request' };

export class Clusters {
  readonly #options: ClustersOptions;
  readonly #clusters = new Map<string, Cluster>();
  readonly #processes = new Map<string, StepProcess>();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #work = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ClustersOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier server left: its running steps are INTERRUPTED, the rest goes on. */
  async open(): Promise<void> {
    for (const cluster of await this.#options.files.load()) {
      this.#clusters.set(cluster.id, cluster);
      const cut = cluster.steps.filter(isRunning);
      for (const step of cut) {
        if (step.process !== undefined) await endLeftover(step.process);
        this.#endStep(step, 'INTERRUPTED', {
          Message: 'The local EMR was stopped while the step was running',
        });
      }
      await this.#save(cluster);
      if (cluster.state === 'TERMINATING') this.#finish(cluster);
      else if (cluster.state === 'STARTING' || cluster.state === 'BOOTSTRAPPING') this.#bringUp(cluster);
      else if (!isEnding(cluster)) {
        for (const step of cut) this.#applyFailure(cluster, step);
        this.#advance(cluster);
      }
    }
  }

  /** Ends all processes; their steps are found INTERRUPTED at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const process of this.#processes.values()) process.kill('SIGKILL');
    await Promise.allSettled(this.#work);
  }

  get(id: string): Cluster | undefined {
    return this.#clusters.get(id);
  }

  list(): readonly Cluster[] {
    return [...this.#clusters.values()];
  }

  /** Adds a cluster and lets it start. Settles when it is written down. */
  async create(cluster: Cluster): Promise<void> {
    this.#clusters.set(cluster.id, cluster);
    await this.#save(cluster);
    this.#bringUp(cluster);
  }

  /** Writes a change down that `change` makes, and goes on with the cluster as it then is. */
  async update(cluster: Cluster, change: (cluster: Cluster) => void): Promise<void> {
    change(cluster);
    await this.#save(cluster);
    this.#advance(cluster);
  }

  /** Cancels a step: at once when it waits, else as soon as its process has ended. */
  async cancelStep(cluster: Cluster, step: Step, signal: NodeJS.Signals): Promise<void> {
    if (step.state === 'PENDING') this.#endStep(step, 'CANCELLED', { Message: 'Cancelled by user' });
    else if (isRunning(step)) {
      step.state = 'CANCEL_PENDING';
      this.#condemn(step, { state: 'CANCELLED', message: 'Cancelled by user' }, signal);
    }
    await this.#save(cluster);
    this.#advance(cluster);
  }

  /** Shuts a cluster down as the user asked. */
  async terminate(cluster: Cluster): Promise<void> {
    this.#shutDown(cluster, USER_REQUEST);
    await this.#save(cluster);
  }

  /** For tests: the cluster fails as one whose machines are lost. */
  async fail(cluster: Cluster, reason: StateReason): Promise<void> {
    this.#shutDown(cluster, reason);
    await this.#save(cluster);
  }

  /** For tests: a running step is INTERRUPTED, as when its machine is lost. */
  interruptStep(step: Step): void {
    this.#condemn(step, { state: 'INTERRUPTED', message: 'The step was interrupted' }, 'SIGKILL');
  }

  #bringUp(cluster: Cluster): void {
    this.#after(cluster, () => {
      cluster.state = 'BOOTSTRAPPING';
      cluster.reason = { Message: 'Running bootstrap actions' };
      this.#note(cluster);
      this.#after(cluster, () => {
        cluster.readyAt = this.#options.now();
        cluster.state = 'RUNNING';
        cluster.reason = { Message: 'Running step' };
        this.#advance(cluster);
      });
    });
  }

  /** Starts what may start; a cluster without work waits, or ends. */
  #advance(cluster: Cluster): void {
    if (this.#stopped || (cluster.state !== 'RUNNING' && cluster.state !== 'WAITING')) return;
    const free = cluster.stepConcurrency - cluster.steps.filter(isRunning).length;
    const next = cluster.steps.filter(({ state }) => state === 'PENDING').slice(0, Math.max(0, free));
    for (const step of next) this.#track(this.#runStep(cluster, step));
    if (cluster.steps.some(isActive)) {
      cluster.state = 'RUNNING';
      cluster.reason = { Message: 'Running step' };
      this.#clearTimer(cluster);
    } else if (!cluster.keepAlive) {
      this.#shutDown(cluster, { Code: 'ALL_STEPS_COMPLETED', Message: 'Steps completed' });
    } else {
      this.#wait(cluster);
    }
    this.#note(cluster);
  }

  #wait(cluster: Cluster): void {
    cluster.state = 'WAITING';
    const done = cluster.steps.length === 0 ? 'ready to run steps' : 'ready after last step completed';
    cluster.reason = { Message: `Cluster ${done}.` };
    const { idleTimeoutSeconds } = cluster;
    this.#clearTimer(cluster);
    if (idleTimeoutSeconds === undefined) return;
    const message = `Terminated by the auto-termination policy after ${idleTimeoutSeconds} s without a step`;
    this.#after(
      cluster,
      () => {
        this.#shutDown(cluster, { Code: 'USER_REQUEST', Message: message });
        this.#note(cluster);
      },
      idleTimeoutSeconds * this.#options.idleSecondMs,
    );
  }

  async #runStep(cluster: Cluster, step: Step): Promise<void> {
    const { now, startStep } = this.#options;
    step.state = 'RUNNING';
    step.startedAt = now();
    const folder = path.join(this.#options.folder, cluster.id, step.id);
    await this.#save(cluster);
    let controller = '';
    let exit: StepExit | undefined;
    let problem: string | undefined;
    try {
      const started = await startStep(step, folder);
      ({ controller } = started);
      const { process } = started;
      this.#processes.set(step.id, process);
      step.process = { pid: process.pid, startMark: process.startMark };
      await this.#save(cluster);
      // cancelled, or all of it stopped, while Spark was being fetched
      if (this.#stopped || this.#verdicts.has(step.id)) process.kill('SIGKILL');
      exit = await process.exited;
    } catch (error) {
      problem = messageOf(error);
    }
    this.#processes.delete(step.id);
    if (this.#stopped) return;
    await this.#concludeStep(cluster, step, folder, { controller, exit, problem });
    this.#advance(cluster);
  }

  async #concludeStep(
    cluster: Cluster,
    step: Step,
    folder: string,
    {
      controller,
      exit,
      problem,
    }: { controller: string; exit: StepExit | undefined; problem: string | undefined },
  ): Promise<void> {
    const uri = stepLogUri(cluster, step);
    const how = problem ?? `Ended with ${exit?.signal ?? `exit code ${String(exit?.code)}`}`;
    if (uri !== undefined) {
      const archived = archiveStepLogs(this.#options.s3, uri, folder, `${controller}${how}\n`);
      // on AWS too, a step's end does not depend on its logs
      await archived.catch(() => undefined);
    }
    const verdict = this.#verdicts.get(step.id);
    this.#verdicts.delete(step.id);
    if (verdict !== undefined) this.#endStep(step, verdict.state, { Message: verdict.message });
    else if (exit?.code === 0) this.#endStep(step, 'COMPLETED');
    else {
      const { stdout, stderr } = stepLogFiles(folder);
      // Spark passes on to stdout what a Python job writes to stderr
      const texts = await Promise.all([stderr, stdout].map((file) => readFile(file, 'utf8').catch(() => '')));
      step.failure = {
        Reason: problem === undefined ? 'Unknown Error.' : 'The step could not be started.',
        Message: problem ?? (summarizeFailure(texts.join('\n')) || how),
        ...(uri === undefined ? {} : { LogFile: `${uri}stderr.gz` }),
      };
      this.#endStep(step, 'FAILED');
    }
    if (step.state === 'FAILED' || step.state === 'INTERRUPTED') this.#applyFailure(cluster, step);
    await this.#save(cluster);
  }

  #applyFailure(cluster: Cluster, step: Step): void {
    if (isEnding(cluster)) return;
    switch (step.actionOnFailure) {
      case 'TERMINATE_CLUSTER':
      case 'TERMINATE_JOB_FLOW':
        return this.#shutDown(cluster, { Code: 'STEP_FAILURE', Message: 'Shut down as step failed' });
      case 'CANCEL_AND_WAIT':
        return this.#cancelPending(cluster, `Cancelled as step ${step.id} failed`);
      case 'CONTINUE':
        return undefined;
    }
  }

  #cancelPending(cluster: Cluster, message: string): void {
    for (const step of cluster.steps) {
      if (step.state === 'PENDING') this.#endStep(step, 'CANCELLED', { Message: message });
    }
  }

  #shutDown(cluster: Cluster, reason: StateReason): void {
    if (isEnding(cluster)) return;
    this.#clearTimer(cluster);
    cluster.state = 'TERMINATING';
    cluster.reason = reason;
    this.#cancelPending(cluster, 'Job terminated');
    for (const step of cluster.steps.filter(isRunning)) {
      this.#condemn(step, { state: 'INTERRUPTED', message: 'The cluster was terminated' }, 'SIGKILL');
    }
    this.#finish(cluster);
  }

  /** From TERMINATING to the end, when no process is left. */
  #finish(cluster: Cluster): void {
    this.#after(cluster, () => {
      if (cluster.steps.some(isRunning)) return this.#finish(cluster);
      const isGood = ['USER_REQUEST', 'ALL_STEPS_COMPLETED'].includes(cluster.reason.Code ?? '');
      cluster.state = isGood ? 'TERMINATED' : 'TERMINATED_WITH_ERRORS';
      cluster.endedAt = this.#options.now();
      this.#note(cluster);
    });
  }

  #condemn(step: Step, verdict: Verdict, signal: NodeJS.Signals): void {
    // the first one counts: a step that was cancelled stays cancelled when its cluster ends
    if (!this.#verdicts.has(step.id)) this.#verdicts.set(step.id, verdict);
    this.#processes.get(step.id)?.kill(signal);
  }

  #endStep(step: Step, state: StepState, reason?: StateReason): void {
    step.state = state;
    step.endedAt = this.#options.now();
    if (reason === undefined) delete step.reason;
    else step.reason = reason;
  }

  /** One timer a cluster: it is in one stage at a time. */
  #after(cluster: Cluster, action: () => void, delayMs = this.#options.stageMs): void {
    if (this.#stopped) return;
    this.#clearTimer(cluster);
    this.#timers.set(cluster.id, setTimeout(action, delayMs));
  }

  #clearTimer(cluster: Cluster): void {
    clearTimeout(this.#timers.get(cluster.id));
    this.#timers.delete(cluster.id);
  }

  #save(cluster: Cluster): Promise<void> {
    return this.#options.files.save(cluster);
  }

  /** Writes down a change that nobody waits for. */
  #note(cluster: Cluster): void {
    this.#track(this.#save(cluster));
  }

  /** What `stop` waits for. An error here has nobody else to tell: the next save tells its caller. */
  #track(work: Promise<void>): void {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#work.add(settled);
    void settled.then(() => this.#work.delete(settled));
  }
}
