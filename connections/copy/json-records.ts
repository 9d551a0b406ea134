/**
 * Cuts a file into root-level JSON objects and arrays, one row each, as Redshift does: a line each in the common
 * case (fast path), and also pretty-printed, concatenated without a newline, or any mix (scanner). It never holds
 * more than one row, and a row is at most 4 MB. A bad record is rejected and reading goes on at the next line.
 */
import { isUtf8 } from 'node:buffer';

import { readErrorFields } from '../error-fields.js';
import { CarryBuffer } from './carry-buffer.js';
import { JsonScanner } from './json-scanner.js';
import { MAX_ROW_BYTES, type JsonRow, type RecordReader, type RecordSink } from './record.js';

const NEWLINE = 0x0a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const REPLACEMENT = '\ufffd';
/** Without a newline in this many bytes, stop waiting for one: the file has perhaps none at all. */
const MAX_LINE_WAIT_BYTES = 1024 * 1024;
/** How much of a rejected record is kept. */
const RAW_BYTES = 1024;

const EMPTY = Buffer.alloc(0);

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Reads the JSON records of one file into `sink`. */
export class JsonRecordReader implements RecordReader {
  readonly #sink: RecordSink<JsonRow>;
  readonly #scanner = new JsonScanner();
  /** Unread bytes; when scanning, they begin with the record being scanned. */
  readonly #carry = new CarryBuffer();
  /** Line number of the first unread byte. */
  #line = 1;
  /** Bytes of `#carry` that the scanner has seen, or -1 when no record is being scanned. */
  #scanned = -1;
  #skippingLine = false;
  /** Whether the next bytes follow a record on its own line: the scanner goes on, as no newline need ever come. */
  #midLine = false;
  #started = false;

  constructor(sink: RecordSink<JsonRow>) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let buffer = this.#carry.join(chunk);
    if (!this.#started) {
      // Fewer than 3 bytes cannot tell a byte order mark yet.
      if (buffer.length < 3) {
        this.#carry.keep(buffer, buffer.length);
        return;
      }
      buffer = this.#readStart(buffer);
    }
    this.#carry.keep(buffer, this.#consume(buffer, false).length);
  }

  end(): void {
    let buffer = this.#carry.join(EMPTY);
    if (!this.#started) buffer = this.#readStart(buffer);
    const left = this.#consume(buffer, true);
    if (this.#scanned >= 0) {
      this.#reject(`the file ends inside the record that begins on line ${this.#line}`, left, 0, left.length);
    }
  }

  /** Drops a byte order mark; refuses UTF-16, whose every row would else look broken. */
  #readStart(buffer: Buffer): Buffer {
    this.#started = true;
    if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) return buffer.subarray(3);
    return buffer;
  }

  /** Reads as many records as `buffer` holds and returns the bytes to keep for later. */
  #consume(buffer: Buffer, atEnd: boolean): Buffer {
    let position = 0;
    while (position < buffer.length) {
      const before = position;
      if (this.#skippingLine) position = this.#skipLine(buffer, position);
      else if (this.#scanned >= 0) position = this.#scanRecord(buffer, position);
      else if (this.#midLine) position = this.#readRestOfLine(buffer, position);
      else position = this.#readLine(buffer, position, atEnd);
      // No progress means: wait for more bytes.
      if (position === before && this.#scanned !== 0 && !this.#skippingLine) break;
    }
    return buffer.subarray(position);
  }

  #skipLine(buffer: Buffer, position: number): number {
    const newline = buffer.indexOf(NEWLINE, position);
    if (newline === -1) return buffer.length;
    this.#skippingLine = false;
    this.#midLine = false;
    this.#line += 1;
    return newline + 1;
  }

  /** The fast path: one line, one row. Hands over to the scanner when a line is not that. */
  #readLine(buffer: Buffer, position: number, atEnd: boolean): number {
    const newline = buffer.indexOf(NEWLINE, position);
    if (newline === -1 && !atEnd && buffer.length - position < MAX_LINE_WAIT_BYTES) return position;
    const end = newline === -1 ? buffer.length : newline;
    let from = position;
    while (from < end && isSpace(buffer[from])) from += 1;
    if (from === end && newline !== -1) {
      this.#line += 1;
      return newline + 1;
    }
    if (from === end) return end;
    if (newline !== -1 || atEnd) {
      let last = end - 1;
      while (isSpace(buffer[last])) last -= 1;
      if (this.#tryRow(buffer, from, last + 1)) {
        if (newline === -1) return end;
        this.#line += 1;
        return newline + 1;
      }
    }
    return this.#beginRecord(buffer, from);
  }

  #readRestOfLine(buffer: Buffer, position: number): number {
    let from = position;
    while (from < buffer.length && buffer[from] !== NEWLINE && isSpace(buffer[from])) from += 1;
    if (from === buffer.length) return from;
    if (buffer[from] !== NEWLINE) return this.#beginRecord(buffer, from);
    this.#midLine = false;
    this.#line += 1;
    return from + 1;
  }

  /** Emits the row when the bytes are one whole JSON object or array; false (and no report) when they are not. */
  #tryRow(buffer: Buffer, from: number, to: number): boolean {
    const first = buffer[from];
    const last = buffer[to - 1];
    if (!(first === OPEN_OBJECT && last === CLOSE_OBJECT) && !(first === OPEN_ARRAY && last === CLOSE_ARRAY))
      return false;
    if (to - from > MAX_ROW_BYTES) return false;
    const text = buffer.toString('utf8', from, to);
    let row: JsonRow;
    try {
      // An object or array by its first byte.
      row = JSON.parse(text) as JsonRow;
    } catch {
      return false;
    }
    this.#emit(row, text, buffer, from, to);
    return true;
  }

  #emit(row: JsonRow, text: string, buffer: Buffer, from: number, to: number): void {
    // The search is cheap: it ends at once for text without wide characters.
    if (text.includes(REPLACEMENT) && !isUtf8(buffer.subarray(from, to))) {
      this.#reject('the record is not valid UTF-8', buffer, from, to);
      return;
    }
    this.#sink.row(row, text, this.#line);
  }

  #beginRecord(buffer: Buffer, from: number): number {
    const first = buffer[from];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      this.#scanner.reset();
      this.#scanned = 0;
      return from;
    }
    const newline = buffer.indexOf(NEWLINE, from);
    const end = newline === -1 ? buffer.length : newline;
    const hint = first === 0xff || first === 0xfe ? ' (the file looks like UTF-16: convert it to UTF-8)' : '';
    this.#reject(`a record must be a JSON object or array${hint}`, buffer, from, end);
    this.#skippingLine = true;
    return end;
  }

  /** The slow path: `buffer[position…]` begins with the record; `#scanned` bytes of it are known. */
  #scanRecord(buffer: Buffer, position: number): number {
    const result = this.#scanner.scan(buffer, position + this.#scanned);
    const size =
      (result.kind === 'complete' ? result.end : result.kind === 'broken' ? result.at : buffer.length) -
      position;
    if (size > MAX_ROW_BYTES) {
      this.#reject(
        `the record is larger than ${MAX_ROW_BYTES / 1024 / 1024} MB`,
        buffer,
        position,
        position + size,
      );
      return this.#leaveRecord(buffer, position, position + size, true);
    }
    switch (result.kind) {
      case 'incomplete':
        this.#scanned = size;
        return position;
      case 'broken':
        this.#reject(`invalid JSON: ${result.reason}`, buffer, position, result.at);
        return this.#recover(buffer, position, result.at);
      case 'complete':
        this.#parseScanned(buffer, position, result.end);
        this.#midLine = true;
        return this.#leaveRecord(buffer, position, result.end, false);
    }
  }

  #parseScanned(buffer: Buffer, from: number, to: number): void {
    const text = buffer.toString('utf8', from, to);
    let row: JsonRow;
    try {
      row = JSON.parse(text) as JsonRow;
    } catch (error) {
      this.#reject(`invalid JSON: ${readErrorFields(error).message}`, buffer, from, to);
      return;
    }
    this.#emit(row, text, buffer, from, to);
  }

  /** Where to go on after a broken record: at the line that shows the break, or after it if the record began there. */
  #recover(buffer: Buffer, position: number, at: number): number {
    const lineStart = buffer.lastIndexOf(NEWLINE, at - 1) + 1;
    if (lineStart > position && buffer[at] !== NEWLINE) {
      this.#midLine = false;
      return this.#leaveRecord(buffer, position, lineStart, false);
    }
    return this.#leaveRecord(buffer, position, at, true);
  }

  #leaveRecord(buffer: Buffer, from: number, to: number, skipLine: boolean): number {
    this.#scanned = -1;
    this.#skippingLine = skipLine;
    for (let at = buffer.indexOf(NEWLINE, from); at !== -1 && at < to; at = buffer.indexOf(NEWLINE, at + 1))
      this.#line += 1;
    return to;
  }

  #reject(reason: string, buffer: Buffer, from: number, to: number): void {
    this.#sink.reject(reason, buffer.toString('utf8', from, Math.min(to, from + RAW_BYTES)), this.#line);
  }
}
