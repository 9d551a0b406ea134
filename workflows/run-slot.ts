/**
 * A run's side of `maxActiveRuns`: asks the DAG's ledger for a slot when it has something to start, and gives it back.
 * Only runs whose plan has a limit have one of these, so histories of others have no trace of it.
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunFacts } from '../core/run-facts.js';
import type { Run } from '../core/run.js';
import type { SlotHolder } from '../core/slot-ledger.js';
import {
  REQUEST_RUN_SLOT,
  runSlotsId,
  SLOT_GRANTED,
  SLOT_RELEASED,
  type RunSlotRequest,
} from './contract.js';

const granted = defineSignal<[ticket: string]>(SLOT_GRANTED);
const released = defineSignal<[SlotHolder]>(SLOT_RELEASED);

const { [REQUEST_RUN_SLOT]: requestRunSlot } = proxyActivities<{
  [REQUEST_RUN_SLOT](request: RunSlotRequest): Promise<void>;
}>({
  summary: 'asks for one of the run slots of the DAG',
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** A ledger that somebody terminated forgets who waits, so a run asks again: after a minute, then ever more seldom. */
const ASK_AGAIN_MS = 60_000;
const LONGEST_PATIENCE_MS = 3_600_000;

/** What a run takes along into a new history. */
export type CarriedSlot = 'held' | 'given_back';

export class RunSlot {
  readonly #facts: RunFacts;
  readonly #limit: number;
  readonly #holder: SlotHolder;
  /** Settles when the run gets its first turn; absent once it had one. */
  readonly turn: Promise<void> | undefined;
  #beginTurn = (): void => undefined;
  #held: boolean;
  #tickets = 0;
  /** The ticket on which the run waits. */
  #waitingOn: string | undefined;
  /** What was asked of the ledger so far: one thing after the other. */
  #queue: Promise<void> = Promise.resolve();

  /** `carried`: what `toJSON` said in the history that the run comes from. */
  constructor(facts: RunFacts, limit: number, carried: CarriedSlot | undefined) {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    this.#facts = facts;
    this.#limit = limit;
    this.#holder = { workflowId, firstExecutionId: firstExecutionRunId };
    this.#held = carried === 'held';
    if (carried === undefined) this.turn = new Promise((resolve) => (this.#beginTurn = resolve));
    setHandler(
      granted,
      (ticket) => {
        if (ticket !== this.#waitingOn) return; // for a wait that is over
        this.#waitingOn = undefined;
        this.#held = true;
        this.#beginTurn();
      },
      { description: 'The run may start its tasks. Sent by airtempo.' },
    );
  }

  get held(): boolean {
    return this.#held;
  }

  toJSON(): CarriedSlot {
    return this.#held ? 'held' : 'given_back';
  }

  get waiting(): boolean {
    return this.#waitingOn !== undefined;
  }

  /** Settles once the ledger knows all that it was told. */
  get settled(): Promise<void> {
    return this.#queue;
  }

  /** Why the run waits, while it does. */
  get reason(): string | undefined {
    if (!this.waiting) return undefined;
    const { dagId } = this.#facts;
    return `waits for the turn of the run: ${String(this.#limit)} of ${dagId} may be active at once (maxActiveRuns), see ${runSlotsId(dagId)}`;
  }

  /**
   * For a run in which nothing runs: with work it asks for its turn, and `onHeld` is called once it has it. A run that
   * only waits for its past gives its turn up, for the run that it waits for may need it.
   */
  takeTurn(run: Run, onHeld: () => void): void {
    if (run.done || run.cancelled) return;
    if (run.counts.scheduled > 0) this.#acquire(onHeld);
    else void this.release();
  }

  #acquire(onHeld: () => void): void {
    if (this.#held || this.waiting) return;
    this.#tickets += 1;
    const ticket = `${workflowInfo().runId}/${String(this.#tickets)}`;
    this.#waitingOn = ticket;
    void CancellationScope.nonCancellable(() => this.#waitOn(ticket)).then(() => {
      if (this.#held) onHeld();
    });
  }

  /** Gives the slot back, or stops waiting for one. Settles once the ledger knows. */
  release(): Promise<void> {
    if (!this.#held && !this.waiting) return this.#queue;
    this.#held = false;
    this.#waitingOn = undefined;
    return this.#enqueue(async () => {
      try {
        await getExternalWorkflowHandle(runSlotsId(this.#facts.dagId)).signal(released, this.#holder);
      } catch {
        // the ledger is gone, and all its slots with it
      }
    });
  }

  async #waitOn(ticket: string): Promise<void> {
    const isOver = (): boolean => this.#waitingOn !== ticket;
    for (let patienceMs = ASK_AGAIN_MS; ; patienceMs = Math.min(patienceMs * 2, LONGEST_PATIENCE_MS)) {
      await this.#enqueue(() => (isOver() ? Promise.resolve() : this.#ask(ticket)));
      if (await condition(isOver, patienceMs)) return;
    }
  }

  #ask(ticket: string): Promise<void> {
    const { dagId, logicalDate } = this.#facts;
    return requestRunSlot({
      dagId,
      request: { ...this.#holder, ticket, logicalDate, limit: this.#limit },
    });
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(() => CancellationScope.nonCancellable(step));
    return this.#queue;
  }
}
