/** Draws from a fixed list of weights in constant time: Walker's alias method, built as Vose does. Pure. */
import type { RandomStream } from './random.js';

export class AliasTable {
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  constructor(weights: readonly number[] | Float64Array) {
    const count = weights.length;
    let total = 0;
    for (const weight of weights) total += weight;
    this.#keep = Float64Array.from(weights, (weight) => (weight * count) / total);
    this.#alias = Int32Array.from({ length: count }, (_, index) => index);
    this.#pair();
  }

  /** Index of a weight, drawn in proportion to it. */
  draw(random: RandomStream): number {
    const index = random.below(this.#keep.length);
    return random.next() < (this.#keep[index] as number) ? index : (this.#alias[index] as number);
  }

  /** Gives what each small share lacks to a large one. */
  #pair(): void {
    const small: number[] = [];
    const large: number[] = [];
    this.#keep.forEach((share, index) => (share < 1 ? small : large).push(index));
    while (small.length > 0 && large.length > 0) {
      const low = small.pop() as number;
      const high = large.pop() as number;
      this.#alias[low] = high;
      const left = (this.#keep[high] as number) + (this.#keep[low] as number) - 1;
      this.#keep[high] = left;
      (left < 1 ? small : large).push(high);
    }
    for (const index of [...small, ...large]) this.#keep[index] = 1; // what is left is 1 but for rounding
  }
}

/** Weights of a Zipf–Mandelbrot law: (rank + shift)^−exponent for the ranks 1 … count. */
export function zipfMandelbrot(count: number, exponent: number, shift: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => Math.pow(index + 1 + shift, -exponent));
}
