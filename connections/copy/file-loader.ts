/**
 * Turns the bytes of files into COPY text, counting good and bad records. It gathers lines until there is a chunk
 * worth sending; sending, and waiting, is its caller's.
 */
import type { CopyOptions } from './copy-options.js';
import { CsvRecordReader } from './csv-records.js';
import { JsonRecordReader } from './json-records.js';
import type { JsonSteps } from './raw-json.js';
import type { LoadReject, RejectLog } from './load-errors.js';
import type { JsonRow, RecordReader, RecordSink } from './record.js';
import { createRowEncoder, type RowEncoder } from './row-encoder.js';
import { RowLocator } from './row-locator.js';
import {
  createCaselessMapping,
  createFieldMapping,
  createKeyMapping,
  createPathMapping,
} from './row-mapping.js';
import type { TargetColumn } from './target-columns.js';

/** How many bad records an error message shows. */
const SHOWN_REJECTS = 10;

export interface FileLoaderOptions {
  readonly columns: readonly TargetColumn[];
  readonly options: CopyOptions;
  readonly jsonPaths: readonly JsonSteps[] | undefined;
  readonly serverFillsDefaults: boolean;
  readonly rejects: RejectLog;
}

export class FileLoader {
  readonly locator = new RowLocator();
  readonly #given: FileLoaderOptions;
  readonly #createReader: () => RecordReader;
  readonly #firstRejects: LoadReject[] = [];
  #file = '';
  #lines = '';
  #rows = 0;
  #rejected = 0;

  constructor(given: FileLoaderOptions) {
    this.#given = given;
    this.#createReader = given.options.format === 'csv' ? this.#prepareCsv() : this.#prepareJson();
  }

  /** Rows encoded so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Bad records so far. */
  get rejected(): number {
    return this.#rejected;
  }

  get firstRejects(): readonly LoadReject[] {
    return this.#firstRejects;
  }

  /** UTF-16 units waiting to be taken. */
  get pendingLength(): number {
    return this.#lines.length;
  }

  /** Starts another file and returns the reader that takes its bytes. */
  beginFile(name: string): RecordReader {
    this.#file = name;
    this.locator.beginFile(name);
    return this.#createReader();
  }

  /** Hands over the lines that have gathered. */
  takeLines(): Buffer {
    const bytes = Buffer.from(this.#lines, 'utf8');
    this.#lines = '';
    return bytes;
  }

  /** Counts and keeps a bad record. */
  reject(reject: LoadReject): void {
    this.#rejected += 1;
    // Beyond the limit the load fails anyway: one record more shows it, a million more would only fill the table.
    if (this.#rejected > this.#given.options.maxErrors + SHOWN_REJECTS) return;
    if (this.#firstRejects.length < SHOWN_REJECTS) this.#firstRejects.push(reject);
    this.#given.rejects.add(reject);
  }

  #prepareJson(): () => RecordReader {
    const { columns, options, jsonPaths } = this.#given;
    const names = columns.map(({ name }) => name);
    const mapping =
      jsonPaths !== undefined
        ? createPathMapping(jsonPaths)
        : options.ignoreCase
          ? createCaselessMapping(names)
          : createKeyMapping(names);
    const sink = this.#createSink<JsonRow>(createRowEncoder(columns, mapping, this.#encoderOptions()));
    return () => new JsonRecordReader(sink);
  }

  #prepareCsv(): () => RecordReader {
    const { columns, options } = this.#given;
    const mapping = createFieldMapping(columns.length);
    const sink = this.#createSink<readonly string[]>(
      createRowEncoder(columns, mapping, this.#encoderOptions()),
    );
    return () => new CsvRecordReader(sink, options);
  }

  #encoderOptions(): CopyOptions & { readonly serverFillsDefaults: boolean } {
    return { ...this.#given.options, serverFillsDefaults: this.#given.serverFillsDefaults };
  }

  #createSink<Row>(encoder: RowEncoder<Row>): RecordSink<Row> {
    return {
      row: (row, text, line) => {
        const encoded = encoder.encode(row, text);
        if (typeof encoded === 'string') {
          this.#lines += encoded;
          this.#rows += 1;
          this.locator.add(line);
          return;
        }
        const { reason, column, raw = text } = encoded;
        this.reject({
          file: this.#file,
          line,
          column: column?.name,
          columnType: column?.typeName,
          raw,
          reason,
        });
      },
      reject: (reason, raw, line) => {
        this.reject({ file: this.#file, line, column: undefined, columnType: undefined, raw, reason });
      },
    };
  }
}
