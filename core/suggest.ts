/** "Did you mean …?" for error messages. Pure; only ever called when something is already wrong. */

/** Edits needed to turn one word into the other (insert, delete, replace): Levenshtein's table, row by row. */
function editDistance(from: string, to: string): number {
  const letters = [...to];
  let row = letters.map((_, column) => column + 1); // from nothing to each beginning of `to`
  let distance = letters.length;
  for (const [index, letter] of [...from].entries()) {
    let diagonal = index;
    distance = index + 1;
    row = row.map((above, column) => {
      const replaced = diagonal + (letter === letters[column] ? 0 : 1);
      diagonal = above;
      distance = Math.min(replaced, above + 1, distance + 1);
      return distance;
    });
  }
  return distance;
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
