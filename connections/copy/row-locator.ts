/**
 * Remembers where the rows sent last came from, so that a row the server refuses (a duplicate key, a CHECK) can be
 * reported by file and line. Its memory is fixed: only the last rows can be named.
 */

/** More rows than the sockets and the server's batch of 1,000 can hold between sending and refusing. */
const REMEMBERED_ROWS = 65_536;

export interface RowPlace {
  readonly file: string;
  readonly line: number;
  /** The column the server named, if any. */
  readonly column: string | undefined;
}

/** The row number and column in a server's report such as `COPY t, line 12, column ts: "x"`. */
const COPY_CONTEXT = /^COPY .*?, line (\d+)(?:, column ([^:]+))?/m;

export class RowLocator {
  readonly #lines = new Float64Array(REMEMBERED_ROWS);
  #files: { readonly firstRow: number; readonly file: string }[] = [];
  #rows = 0;

  /** Rows from here on come from `file`. */
  beginFile(file: string): void {
    // Files without rows, and files whose rows are forgotten, are dropped.
    this.#files = this.#files.filter(
      ({ firstRow }, index, all) =>
        firstRow < this.#rows && (all[index + 1]?.firstRow ?? this.#rows) > this.#rows - REMEMBERED_ROWS,
    );
    this.#files.push({ firstRow: this.#rows, file });
  }

  /** Another row was sent. */
  add(line: number): void {
    this.#lines[this.#rows % REMEMBERED_ROWS] = line;
    this.#rows += 1;
  }

  /** Where the row in a server's error context came from; undefined when it cannot be told. */
  locate(context: string | undefined): RowPlace | undefined {
    const match = context === undefined ? null : COPY_CONTEXT.exec(context);
    if (match === null) return undefined;
    const row = Number(match[1]) - 1;
    if (row >= this.#rows || row < this.#rows - REMEMBERED_ROWS) return undefined;
    const file = this.#files.findLast(({ firstRow }) => firstRow <= row)?.file;
    const line = this.#lines[row % REMEMBERED_ROWS];
    return file === undefined || line === undefined ? undefined : { file, line, column: match[2]?.trim() };
  }
}
