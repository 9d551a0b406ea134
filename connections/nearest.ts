/**
 * Finds the known name nearest to a mistyped one, for "did you mean" in error messages.
 * It only compares; it never guesses on the user's behalf.
 */

/** Longest name compared; longer ones are not worth a suggestion and would cost quadratic time. */
const MAX_LENGTH = 100;

/** Edits (insert, delete, replace) between two short strings. */
function computeDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Up to three names that differ from `name` by at most a third of its letters, nearest first. */
export function computeNearestNames(name: string, known: Iterable<string>): readonly string[] {
  const wanted = name.toLowerCase();
  if (wanted.length > MAX_LENGTH) return [];
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return [...known]
    .filter((candidate) => candidate.length <= MAX_LENGTH)
    .map((candidate) => ({ candidate, distance: scoreOf(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** A name that contains the other (`redshift` in `redshift_prod`) counts as one edit away. */
function scoreOf(wanted: string, candidate: string): number {
  if (wanted.length >= 3 && candidate.includes(wanted)) return 1;
  if (candidate.length >= 3 && wanted.includes(candidate)) return 1;
  return computeDistance(wanted, candidate);
}
