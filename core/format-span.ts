/** A length of time for messages: `45 s`, `7 d`, `1 h 30 min`. Pure. */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** The two largest units, the rest dropped. */
export function formatSpan(spanMs: number): string {
  const first = UNITS.findIndex(([, ms]) => spanMs >= ms);
  if (first === -1) return '0 s';
  let restMs = Math.round(spanMs);
  const parts = UNITS.slice(first, first + 2).flatMap(([name, ms]) => {
    const count = Math.floor(restMs / ms);
    restMs -= count * ms;
    return count === 0 ? [] : [`${String(count)} ${name}`];
  });
  return parts.join(' ');
}
