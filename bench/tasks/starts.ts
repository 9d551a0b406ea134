/** When tasks began: noted by the tasks themselves, ours and those written by hand. */

let first: number | undefined;

/** Milliseconds since the epoch, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A task has begun. */
export function noteStart(): void {
  first ??= now();
}

/** When the first task began since the last call. */
export function takeFirstStart(): number | undefined {
  const taken = first;
  first = undefined;
  return taken;
}
