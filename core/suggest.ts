/** "Did you mean …?" for error messages. Pure; only ever called when something is already wrong. */

/** Edits needed to turn one word into the other (insert, delete, replace). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/**
 * ` Did you mean "…"?` with the nearest candidate, or an empty string when none is near. Starts with a
 * space so that it can be appended to a sentence.
 */
export function suggest(word: string, candidates: Iterable<string>): string {
  const furthest = Math.max(2, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > furthest) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= furthest && (best === undefined || distance < best.distance))
      best = { candidate, distance };
  }
  return best === undefined ? '' : ` Did you mean ${JSON.stringify(best.candidate)}?`;
}
