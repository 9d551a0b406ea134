/** What the record readers hand on: rows as they were found in a file, good or bad. Types only. */

/** Receives the records of one file, in order. */
export interface RecordSink<Row> {
  /** A row that parsed. `text` is its exact source text (JSON) or its fields joined (CSV), for error reports. */
  row(row: Row, text: string, line: number): void;
  /** Something that is not a row. */
  reject(reason: string, raw: string, line: number): void;
}

/** Cuts the bytes of one file into records. All calls are synchronous: the caller paces it chunk by chunk. */
export interface RecordReader {
  /** Takes the next bytes of the file. */
  push(chunk: Buffer): void | Promise<void>;
  /** The file is over: what is left is a record or an error. */
  end(): void | Promise<void>;
}

/** A JSON row: Redshift loads root-level objects and arrays. */
export type JsonRow = Record<string, unknown> | readonly unknown[];

/** The longest row that Redshift loads, in bytes. */
export const MAX_ROW_BYTES = 4 * 1024 * 1024;
