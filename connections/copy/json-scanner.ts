/**
 * Finds where one root-level JSON value ends, byte by byte, across chunk borders. It checks just enough grammar to
 * notice a record that broke off (so that the records after it are not swallowed); JSON.parse judges the rest.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;

/** Deeper nesting is refused, as JSON.parse itself would not survive it. */
const MAX_DEPTH = 1_000;

export type ScanResult =
  /** The value's last byte is just before `end`. */
  | { readonly kind: 'complete'; readonly end: number }
  | { readonly kind: 'incomplete' }
  /** The value cannot go on as it does at byte `at`. */
  | { readonly kind: 'broken'; readonly at: number; readonly reason: string };

/** The state of one value being scanned. `reset` before each value; then feed it bytes from its first one on. */
export class JsonScanner {
  #closers: number[] = [];
  #inString = false;
  #escaped = false;
  /** The last byte outside strings that is not white space: decides whether a value may begin. */
  #previous = 0;

  reset(): void {
    this.#closers = [];
    this.#inString = false;
    this.#escaped = false;
    this.#previous = 0;
  }

  /** Scans `buffer[from…]`; call again with the following bytes after `incomplete`. */
  scan(buffer: Buffer, from: number): ScanResult {
    for (let at = from; at < buffer.length; at += 1) {
      const byte = buffer[at] ?? 0;
      if (this.#inString) {
        if (byte === NEWLINE)
          return { kind: 'broken', at, reason: 'a text value is not closed before the line ends' };
        this.#scanString(byte);
        continue;
      }
      if (byte <= 0x20) continue;
      const reason = this.#scanToken(byte);
      if (reason !== undefined) return { kind: 'broken', at, reason };
      if (this.#closers.length === 0) return { kind: 'complete', end: at + 1 };
    }
    return { kind: 'incomplete' };
  }

  #scanString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #scanToken(byte: number): string | undefined {
    const previous = this.#previous;
    this.#previous = byte;
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        return this.#mayBegin(previous) || this.#mayBeginKey(previous)
          ? undefined
          : 'a text value begins where , or } belongs';
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (!this.#mayBegin(previous)) return 'a value begins where , or } belongs';
        if (this.#closers.length >= MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
        this.#closers.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
        return undefined;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        return this.#closers.pop() === byte ? undefined : `unexpected ${String.fromCharCode(byte)}`;
      default:
        return undefined;
    }
  }

  #mayBegin(previous: number): boolean {
    if (previous === 0 || previous === COLON || previous === OPEN_ARRAY) return true;
    return previous === COMMA && this.#closers.at(-1) === CLOSE_ARRAY;
  }

  #mayBeginKey(previous: number): boolean {
    return previous === OPEN_OBJECT || previous === COMMA;
  }
}
