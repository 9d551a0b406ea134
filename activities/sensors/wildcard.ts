/** Wildcards in keys and file names: `*` is any characters, `?` is one. Takes no time to speak of on any text. */

/** Whether a pattern has wildcards at all. */
export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** The part of a pattern before its first wildcard. */
export function literalPrefix(pattern: string): string {
  return pattern.slice(0, pattern.search(/[*?]|$/));
}

/**
 * Whether the whole text fits the pattern. Goes back to the last `*` only, so that the time is text × pattern at the
 * worst; a regular expression with many stars may take for ever.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let position = 0; position < text.length;) {
    const expected = pattern[at];
    if (expected === '*') {
      [star, resume] = [at, position];
      at += 1;
    } else if (expected === '?' || expected === text[position]) {
      at += 1;
      position += 1;
    } else if (star === -1) {
      return false;
    } else {
      at = star + 1;
      resume += 1;
      position = resume;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
