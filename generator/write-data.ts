/** Writes the events of a request to a sink, in blocks, and tells exactly what was written. */
import { createHash, type Hash } from 'node:crypto';
import { formatChurnLine } from './churn/shape.js';
import { generateEvents } from './generate-events.js';
import type { OutputFile, Sink } from './sinks/sink.js';
import { DAY_MS, type GeneratorSpec } from './spec.js';
import { Tally } from './tally.js';

/** What a run has written; kept beside the data. Same request, same manifest. */
export interface Manifest {
  readonly shape: string;
  readonly preset: string;
  readonly seed: number;
  readonly from: string;
  readonly to: string;
  /** Users asked for. Some never come by in the period; `usersSeen` did. */
  readonly users: number;
  readonly usersSeen: number;
  /** Users who cancelled. */
  readonly churners: number;
  /** Lines. */
  readonly rows: number;
  /** Bytes and SHA-256 of all lines in order, before compression. */
  readonly bytes: number;
  readonly sha256: string;
  readonly pages: Readonly<Record<string, number>>;
  readonly files: readonly ManifestFile[];
}

export interface ManifestFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface WriteProgress {
  readonly rows: number;
  /** From 0 to 1: the part of the period that is written. */
  readonly share: number;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WriteProgress) => void;
}

const BLOCK_CHARS = 256 * 1024;
const ONE_FILE = 'events.json';

/** `2018/10/2018-10-01-events.json` */
function nameOfDay(day: number): string {
  const date = formatDate(day * DAY_MS);
  return `${date.slice(0, 4)}/${date.slice(5, 7)}/${date}-events.json`;
}

function formatDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** One file in progress. */
interface OpenFile {
  readonly name: string;
  readonly file: OutputFile;
  readonly hash: Hash;
  rows: number;
  bytes: number;
}

/** Passes blocks on to files and hashes them. */
class BlockWriter {
  readonly files: ManifestFile[] = [];
  readonly hash = createHash('sha256');
  rows = 0;
  bytes = 0;
  readonly #sink: Sink;
  #open: OpenFile | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async startFile(name: string): Promise<void> {
    await this.endFile();
    const file = await this.#sink.open(name);
    this.#open = { name, file, hash: createHash('sha256'), rows: 0, bytes: 0 };
  }

  async write(text: string, rows: number): Promise<void> {
    if (this.#open === undefined || rows === 0) return;
    const block = Buffer.from(text);
    this.hash.update(block);
    this.#open.hash.update(block);
    this.#open.rows += rows;
    this.#open.bytes += block.length;
    this.rows += rows;
    this.bytes += block.length;
    await this.#open.file.write(block);
  }

  async endFile(): Promise<void> {
    if (this.#open === undefined) return;
    const { name, file, hash, rows, bytes } = this.#open;
    this.#open = undefined;
    await file.commit();
    this.files.push({ name, rows, bytes, sha256: hash.digest('hex') });
  }
}

/**
 * Generates and writes. On failure, and when the signal is aborted, the sink keeps nothing.
 * @throws the signal's reason when it is aborted
 */
export async function writeData(
  spec: GeneratorSpec,
  sink: Sink,
  options: WriteOptions = {},
): Promise<Manifest> {
  try {
    const manifest = await writeEvents(spec, sink, options);
    await sink.finish(`${JSON.stringify(manifest, undefined, 2)}\n`);
    return manifest;
  } catch (error) {
    await sink.discard().catch(() => undefined);
    throw error;
  }
}

async function writeEvents(spec: GeneratorSpec, sink: Sink, options: WriteOptions): Promise<Manifest> {
  const { from, to } = spec.period;
  const writer = new BlockWriter(sink);
  const tally = new Tally(spec.users);
  let [text, rows, day] = ['', 0, -1];
  if (sink.layout === 'one') await writer.startFile(ONE_FILE);
  for (const event of generateEvents(spec)) {
    const eventDay = sink.layout === 'one' ? -1 : Math.floor(event.ts / DAY_MS);
    if (text.length >= BLOCK_CHARS || eventDay !== day) {
      await writer.write(text, rows);
      [text, rows] = ['', 0];
      if (eventDay !== day) await writer.startFile(nameOfDay((day = eventDay)));
      options.signal?.throwIfAborted();
      options.onProgress?.({ rows: writer.rows, share: (event.ts - from) / (to - from) });
      await yieldToEventLoop(); // or a signal would never be heard
    }
    text += `${formatChurnLine(event)}\n`;
    rows += 1;
    tally.add(event);
  }
  await writer.write(text, rows);
  await writer.endFile();
  return describe(spec, writer, tally);
}

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describe(spec: GeneratorSpec, writer: BlockWriter, tally: Tally): Manifest {
  const { shape, preset, seed, users, period } = spec;
  return {
    shape,
    preset,
    seed,
    from: formatDate(period.from),
    to: formatDate(period.to),
    users,
    usersSeen: tally.users,
    churners: tally.churners,
    rows: writer.rows,
    bytes: writer.bytes,
    sha256: writer.hash.digest('hex'),
    pages: tally.pages,
    files: writer.files,
  };
}
