/** Which parts of a span of time are covered by others. Pure. Spans are half-open; one of no width is a point. */
import type { DataInterval } from './context.js';

/** Whether the spans share time; a point is shared by a span that it lies in, or by the same point. */
export function overlap(a: DataInterval, b: DataInterval): boolean {
  const [aStart, aEnd, bStart, bEnd] = [a.start, a.end, b.start, b.end].map((date) => date.getTime()) as [
    number,
    number,
    number,
    number,
  ]; // four in, four out
  if (aStart === aEnd || bStart === bEnd) {
    const [point, start, end] = aStart === aEnd ? [aStart, bStart, bEnd] : [bStart, aStart, aEnd];
    return point === start || (point > start && point < end);
  }
  return aStart < bEnd && bStart < aEnd;
}

/** The parts of `wanted` that none of the spans covers, in order. */
export function computeMissing(
  wanted: DataInterval,
  spans: readonly DataInterval[],
): readonly DataInterval[] {
  const end = wanted.end.getTime();
  if (wanted.start.getTime() === end) return spans.some((span) => overlap(wanted, span)) ? [] : [wanted];
  const missing: DataInterval[] = [];
  let reached = wanted.start.getTime();
  for (const span of [...spans].sort((a, b) => a.start.getTime() - b.start.getTime())) {
    const start = Math.min(span.start.getTime(), end);
    if (start > reached) missing.push({ start: new Date(reached), end: new Date(start) });
    reached = Math.max(reached, span.end.getTime());
  }
  if (reached < end) missing.push({ start: new Date(reached), end: wanted.end });
  return missing;
}
