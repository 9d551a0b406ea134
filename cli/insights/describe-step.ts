/** How far the insights have come: `3 of 15: Listening by hour`. */
export function describeStep(_elapsedMs: number, text: string, done: number, total: number): string {
  return `${String(done)} of ${String(total)}: ${text}`;
}
