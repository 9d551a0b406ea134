/**
 * Cuts a file into CSV records (RFC 4180, any one-byte delimiter), streaming. The parser works on Latin-1 text, one
 * unit a byte, so that wrong UTF-8 is found per record instead of being replaced by the decoder.
 */
import { isUtf8 } from 'node:buffer';

import { parse, type Parser } from 'csv-parse';

import { AirtempoError } from '../../core/errors.js';
import { MAX_ROW_BYTES, type RecordReader, type RecordSink } from './record.js';

const HIGH_BYTE = /[\x80-\xff]/;

export interface CsvRecordOptions {
  readonly delimiter: string;
  /** Lines to leave out at the start of the file. */
  readonly ignoreHeader: number;
}

function decodeField(field: string): string | undefined {
  if (!HIGH_BYTE.test(field)) return field;
  const bytes = Buffer.from(field, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function countNewlines(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    for (let at = field.indexOf('\n'); at !== -1; at = field.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}

/** Reads the CSV records of one file into `sink`. */
export class CsvRecordReader implements RecordReader {
  readonly #sink: RecordSink<readonly string[]>;
  readonly #parser: Parser;
  #failure: Error | undefined;
  #started = false;
  #held: Buffer = Buffer.alloc(0);
  readonly #headerLines: number;
  #linesToSkip: number;

  constructor(sink: RecordSink<readonly string[]>, options: CsvRecordOptions) {
    this.#sink = sink;
    this.#headerLines = options.ignoreHeader;
    this.#linesToSkip = options.ignoreHeader;
    this.#parser = parse({
      encoding: 'latin1',
      delimiter: options.delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_ROW_BYTES,
      // Returning nothing keeps the record out of the parser's own queue: it is handled right here.
      on_record: (fields: string[], { lines }) => this.#take(fields, lines),
    });
    this.#parser.on('error', (error: Error) => {
      this.#failure ??= error;
    });
    this.#parser.resume();
  }

  async push(chunk: Buffer): Promise<void> {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    if (!this.#started) {
      if (bytes.length < 3) {
        this.#held = bytes;
        return;
      }
      bytes = this.#readStart(bytes);
    }
    await this.#write(this.#dropHeader(bytes));
  }

  async end(): Promise<void> {
    if (this.#held.length > 0) await this.#write(this.#dropHeader(this.#readStart(this.#held)));
    await new Promise<void>((resolve) => {
      this.#parser.once('close', resolve);
      this.#parser.end();
    });
    this.#throwFailure();
  }

  #readStart(bytes: Buffer): Buffer {
    this.#started = true;
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }

  /** Header lines are lines, not records: a quote in one must not swallow the data. */
  #dropHeader(bytes: Buffer): Buffer {
    let position = 0;
    while (this.#linesToSkip > 0 && position < bytes.length) {
      const newline = bytes.indexOf(0x0a, position);
      if (newline === -1) return bytes.subarray(bytes.length);
      position = newline + 1;
      this.#linesToSkip -= 1;
    }
    return bytes.subarray(position);
  }

  async #write(bytes: Buffer): Promise<void> {
    if (bytes.length > 0) await new Promise<void>((resolve) => this.#parser.write(bytes, () => resolve()));
    this.#throwFailure();
  }

  /** Broken quoting leaves no way to tell where the next record begins: the file is given up, whatever maxErrors says. */
  #throwFailure(): void {
    if (this.#failure === undefined) return;
    const line = this.#parser.info.lines + this.#headerLines;
    this.#sink.reject(`invalid CSV, the rest of the file cannot be read: ${this.#failure.message}`, '', line);
    throw new AirtempoError('LOAD_FAILED', `Invalid CSV on line ${line}: ${this.#failure.message}.`, {
      cause: this.#failure,
    });
  }

  #take(fields: readonly string[], lines: number): undefined {
    const line = this.#headerLines + lines - countNewlines(fields);
    const decoded = fields.map(decodeField);
    const complete = decoded.filter((field) => field !== undefined);
    if (complete.length < fields.length)
      this.#sink.reject('the record is not valid UTF-8', fields.join(','), line);
    else this.#sink.row(complete, complete.join(','), line);
    return undefined;
  }
}
