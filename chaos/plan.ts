/** Which faults happen when: a function of the seed alone. It carries nothing out. Pure. */

export const SERVICES = ['temporal', 'postgres', 's3', 'kafka'] as const;
export type Service = (typeof SERVICES)[number];
export const WORKERS = ['worker-1', 'worker-2'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** What is done to whom. */
export type Deed =
  /** SIGKILL; started again after `forMs`. */
  | { readonly kind: 'kill'; readonly target: Service | WorkerName }
  /** Every connection is broken off. */
  | { readonly kind: 'cut'; readonly target: Service }
  /** Connections stay, and nothing gets through for `forMs`. */
  | { readonly kind: 'hold'; readonly target: Service }
  /** Requests are answered with 500 and 503 for `forMs`. */
  | { readonly kind: 'refuse'; readonly target: 's3' }
  /** Requests that come within `forMs` are never answered. */
  | { readonly kind: 'ignore'; readonly target: 's3' }
  /** Requests that come within `forMs` are carried out, and their answers are lost. */
  | { readonly kind: 'lose'; readonly target: 's3' };

/** A deed with its time, in milliseconds since the first moment of the faults. */
export type Fault = Deed & { readonly atMs: number; readonly forMs: number };

/** Milliseconds, both ends inclusive. */
export type Span = readonly [from: number, to: number];

export interface PlanOptions {
  readonly seed: number;
  readonly totalMs: number;
  /** From the beginning of one fault to that of the next. They may overlap. */
  readonly gapMs: Span;
  /** How long one lasts. */
  readonly lengthMs: Span;
}

/** Every kind of fault on every target it can be done to. */
export const DEEDS: readonly Deed[] = [
  ...[...WORKERS, ...SERVICES].map((target): Deed => ({ kind: 'kill', target })),
  ...SERVICES.map((target): Deed => ({ kind: 'cut', target })),
  ...SERVICES.map((target): Deed => ({ kind: 'hold', target })),
  { kind: 'refuse', target: 's3' },
  { kind: 'ignore', target: 's3' },
  { kind: 'lose', target: 's3' },
];

/** Deals one shuffled deck of all deeds after the other, so that each comes up as often as any other. */
export function planFaults({ seed, totalMs, gapMs, lengthMs }: PlanOptions): readonly Fault[] {
  const random = createRandom(seed);
  const within = ([from, to]: Span): number => Math.round(from + random() * (to - from));
  const faults: Fault[] = [];
  let deck: Deed[] = [];
  for (let atMs = within(gapMs); atMs < totalMs; atMs += within(gapMs)) {
    if (deck.length === 0) deck = shuffle(DEEDS, random);
    const deed = deck.pop() as Deed; // the deck is not empty
    faults.push({ ...deed, atMs, forMs: deed.kind === 'cut' ? 0 : within(lengthMs) });
  }
  return faults;
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Mulberry32: 0 ≤ x < 1, the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
