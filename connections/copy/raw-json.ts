/**
 * The exact source text of one value inside a JSON text. JSON.parse loses what a number looked like (1.10, 20
 * digits); this finds it again, for the few columns that need it. The text must have passed JSON.parse before.
 */

/** A way into a JSON value: member names and array indexes. */
export type JsonSteps = readonly (string | number)[];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

/** The index after the string that begins at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  for (; text.charCodeAt(at) !== QUOTE; at += 1) if (text.charCodeAt(at) === BACKSLASH) at += 1;
  return at + 1;
}

/** The index after the value that begins at `from`. */
function skipValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return skipString(text, from);
  if (first !== '{' && first !== '[') {
    let at = from;
    while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at += 1;
    return at;
  }
  let depth = 0;
  for (let at = from; at < text.length;) {
    const char = text[at];
    if (char === '"') {
      at = skipString(text, at);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return text.length;
}

/** Where member `name` of the object at `from` begins. The last of several wins, as with JSON.parse. */
function findMember(text: string, from: number, name: string): number | undefined {
  if (text[from] !== '{') return undefined;
  let found: number | undefined;
  let at = skipSpace(text, from + 1);
  while (at < text.length && text[at] !== '}') {
    const keyEnd = skipString(text, at);
    // A JSON string parses to a string.
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    if (key === name) found = value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
}

function findElement(text: string, from: number, index: number): number | undefined {
  if (text[from] !== '[') return undefined;
  let at = skipSpace(text, from + 1);
  for (let current = 0; at < text.length && text[at] !== ']'; current += 1) {
    if (current === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return undefined;
}

/** The source text of the value that `steps` lead to, or undefined when there is none. */
export function findRawJson(text: string, steps: JsonSteps): string | undefined {
  let at: number | undefined = skipSpace(text, 0);
  for (const step of steps) {
    at = typeof step === 'number' ? findElement(text, at, step) : findMember(text, at, step);
    if (at === undefined) return undefined;
  }
  return text.slice(at, skipValue(text, at));
}
