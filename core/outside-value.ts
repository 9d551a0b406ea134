/** Helpers for looking at values that came from outside (JSON, a script) and for naming them in errors. Pure. */

const LONGEST_SHOWN = 80;

/** Whether a value is a plain object, the `{}` of JSON. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is 0, 1, 2 … */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A value as an error message shows it: JSON, cut when long, never throwing. */
export function showValue(value: unknown): string {
  const text = toText(value);
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}

/** What was thrown, in words. Anything can be thrown, though mostly errors are. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function toText(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value); // JSON shows NaN as null
  if (typeof value === 'symbol' || value === undefined) return String(value);
  try {
    return JSON.stringify(value) ?? 'an object';
  } catch {
    return Array.isArray(value) ? 'an array' : 'an object'; // a cycle, or a BigInt within
  }
}
