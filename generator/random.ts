/**
 * Random streams for the generator: each user and each purpose has one of its own, keyed by (seed, purpose, index),
 * so that what one user does never depends on how many others there are. The generator is sfc32 (Chris Doty-Humphrey,
 * PractRand): 128 bits of state with a counter in it, whole numbers only, so the same on every machine. Not for secrets.
 */

/** What a stream is for. Streams of different purposes are independent. */
export type StreamPurpose = 'catalogue' | 'song' | 'person' | 'activity' | 'session' | 'mood' | 'dirt';

const PURPOSES: Readonly<Record<StreamPurpose, number>> = {
  catalogue: 0x63617461,
  song: 0x736f6e67,
  person: 0x70657273,
  activity: 0x61637469,
  session: 0x73657373,
  mood: 0x6d6f6f64,
  dirt: 0x64697274,
};

/** Rounds after which every bit of the key has reached every bit of the state. */
const WARM_UP_ROUNDS = 20;
const TWO_TO_32 = 2 ** 32;

/** One reproducible sequence of draws. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spareNormal: number | undefined;

  constructor(seed: number, purpose: StreamPurpose, index: number) {
    this.#a = seed | 0;
    this.#b = PURPOSES[purpose];
    this.#c = index | 0;
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) this.bits();
  }

  /** 32 random bits as a signed number. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** 0 ≤ x < 1, in steps of 2⁻³². */
  next(): number {
    return (this.bits() >>> 0) / TWO_TO_32;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from 0 up to but not including `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Exponential with mean 1; never 0. */
  exponential(): number {
    return -Math.log((this.bits() >>> 0) / TWO_TO_32 + 0.5 / TWO_TO_32);
  }

  /** Normal with mean 0 and deviation 1: the polar method, which needs no sine. */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * scale;
      return x * scale;
    }
  }

  /** Log-normal with median 1. */
  lognormal(sigma: number): number {
    return Math.exp(sigma * this.normal());
  }
}
