/**
 * Writes the log of one try: collects lines and hands them on in chunks, while the try runs. Bounded in
 * memory and in all; never throws, since no task may fail for its log.
 */

/** Where the chunks go. Calls come one after the other. */
export interface LogSink {
  append(chunk: Uint8Array): Promise<void>;
  /** Called once, after the last chunk. */
  close(): Promise<void>;
}

/** How often a writer hands on what it has. */
export interface FlushPolicy {
  readonly bytes: number;
  readonly everyMs: number;
}

/** One try may write so much; a loop that logs each row must not fill the disk. */
export const MAX_TRY_BYTES = 10 * 1024 * 1024;
/** Lines that wait for a slow store; with a hundred tasks at once this is 100 MB at the worst. */
const MAX_PENDING_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 256 * 1024;
/** A task's result does not wait longer for its log. */
const CLOSE_PATIENCE_MS = 5_000;

/** A log in the making. */
export class TaskLogWriter {
  readonly #sink: LogSink;
  readonly #policy: FlushPolicy;
  readonly #onError: (error: unknown) => void;
  #lines: Buffer[] = [];
  #pendingBytes = 0;
  #writtenBytes = 0;
  #lost = 0;
  #broken = false;
  #closed = false;
  #isCut = false;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(sink: LogSink, policy: FlushPolicy, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#policy = policy;
    this.#onError = onError;
  }

  /** Bytes that wait for the store. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes one line of JSON, with its line feed. */
  write(line: string): void {
    if (this.#broken || this.#closed) return;
    const bytes = Buffer.byteLength(line);
    if (this.#isCut || bytes > MAX_LINE_BYTES || this.#pendingBytes + bytes > MAX_PENDING_BYTES) {
      this.#lost += 1;
      return;
    }
    if (this.#writtenBytes + bytes > MAX_TRY_BYTES) {
      this.#isCut = true;
      this.#lost += 1;
      this.#push(notice(`… cut: a try's log ends at ${String(MAX_TRY_BYTES / 1024 / 1024)} MB`));
      return;
    }
    this.#push(line);
  }

  /** Writes what is left and `lastLines`, which are never cut: how the try ended. Waits for the store, within limits. */
  async close(lastLines: readonly string[] = []): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#lost > 0) this.#push(notice(`… ${String(this.#lost)} lines were cut from this log`));
    for (const line of lastLines) this.#push(line);
    const finished = (async (): Promise<void> => {
      await this.#flush();
      await this.#attempt(() => this.#sink.close());
    })();
    await withPatience(finished);
  }

  /** Ends the log without what has not been handed on; when nothing has been, there will be no log. */
  async discard(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#lines = [];
    await withPatience(
      this.#attempt(async () => {
        await this.#flushing;
        await this.#sink.close();
      }),
    );
  }

  #push(line: string): void {
    const bytes = Buffer.from(line);
    this.#lines.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#writtenBytes += bytes.length;
    if (this.#closed) return;
    if (this.#pendingBytes >= this.#policy.bytes) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), this.#policy.everyMs).unref();
  }

  /** One flush at a time; it goes on until nothing is left. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#drain().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    while (this.#lines.length > 0 && !this.#broken) {
      const chunk = Buffer.concat(this.#lines);
      this.#lines = [];
      await this.#attempt(() => this.#sink.append(chunk));
      this.#pendingBytes -= chunk.length;
    }
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#broken = true;
      this.#lines = [];
      this.#onError(error);
    }
  }
}

/** A line of our own among the task's. */
function notice(msg: string): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), msg })}\n`;
}

function withPatience(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
    void work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
