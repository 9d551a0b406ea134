/**
 * Which runs of a DAG hold one of its slots and which wait, the earliest logical date first. Pure: a plain ledger; who
 * is told, and whether a holder still lives, is for its keeper.
 */

/** One run, across continued histories and resets. */
export interface SlotHolder {
  readonly workflowId: string;
  /** Temporal's id of the run's first execution. */
  readonly firstExecutionId: string;
}

/** A run that asks for a slot. */
export interface SlotRequest extends SlotHolder {
  /** Tells one wait of a run from its next: an answer to an earlier one does not count. */
  readonly ticket: string;
  readonly logicalDate: string;
  /** How many runs may hold a slot, by the asking run's DAG file: the newest word counts. */
  readonly limit: number;
}

/** The ledger as plain JSON. */
export interface SlotState {
  readonly limit: number;
  readonly holding: readonly SlotRequest[];
  /** In the order in which they came. */
  readonly waiting: readonly SlotRequest[];
}

export class SlotLedger {
  #limit: number;
  readonly #holding: Map<string, SlotRequest>;
  readonly #waiting: Map<string, SlotRequest>;
  /** Granted, and not yet told. */
  #untold = new Set<string>();

  constructor(state: SlotState = { limit: 1, holding: [], waiting: [] }) {
    this.#limit = state.limit;
    this.#holding = new Map(state.holding.map((request) => [keyOf(request), request]));
    this.#waiting = new Map(state.waiting.map((request) => [keyOf(request), request]));
  }

  /** Notes a request. One that is repeated keeps its place; a holder's is answered again. */
  request(request: SlotRequest): void {
    const key = keyOf(request);
    this.#limit = request.limit;
    if (!this.#holding.has(key)) {
      this.#waiting.set(key, request);
      return;
    }
    this.#holding.set(key, request);
    this.#untold.add(key);
  }

  /** A run that holds or awaits a slot no longer does. One that does neither is overlooked. */
  release(holder: SlotHolder): void {
    const key = keyOf(holder);
    this.#holding.delete(key);
    this.#waiting.delete(key);
    this.#untold.delete(key);
  }

  /** Gives free slots to those that wait, the earliest logical date first. Returns whoever is to be told, each once. */
  grant(): readonly SlotRequest[] {
    for (const request of this.waiting.slice(0, Math.max(0, this.#limit - this.#holding.size))) {
      const key = keyOf(request);
      this.#waiting.delete(key);
      this.#holding.set(key, request);
      this.#untold.add(key);
    }
    const told = [...this.#holding].filter(([key]) => this.#untold.has(key)).map(([, request]) => request);
    this.#untold = new Set();
    return told;
  }

  get limit(): number {
    return this.#limit;
  }

  get holding(): readonly SlotRequest[] {
    return [...this.#holding.values()];
  }

  /** In the order in which they will get a slot; equal dates in the order in which they came. */
  get waiting(): readonly SlotRequest[] {
    return [...this.#waiting.values()].sort((a, b) =>
      a.logicalDate < b.logicalDate ? -1 : Number(a.logicalDate > b.logicalDate),
    );
  }

  toJSON(): SlotState {
    return { limit: this.#limit, holding: this.holding, waiting: [...this.#waiting.values()] };
  }
}

function keyOf({ workflowId, firstExecutionId }: SlotHolder): string {
  return `${workflowId} ${firstExecutionId}`;
}
