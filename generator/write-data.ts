/** Writes the events of a request to a sink, in blocks, and tells exactly what was written. */
import { createHash, type Hash } from 'node:crypto';
import { createCatalogue } from './catalogue.js';
import { formatChurnLine } from './churn/shape.js';
import { type DirtCounts, type DirtRates, type Line, makeLines, NO_DIRT } from './dirt.js';
import { formatDate, nameOfDay } from './file-names.js';
import { generateEvents } from './generate-events.js';
import { formatLogLine, makeSongFiles } from './log/shape.js';
import type { OutputFile, Sink } from './sinks/sink.js';
import { DAY_MS, type GeneratorSpec, type Shape } from './spec.js';
import { Tally } from './tally.js';

/** What a run has written; kept beside the data. Same request, same manifest. */
export interface Manifest {
  readonly shape: Shape;
  /** Of the churn shape. */
  readonly preset?: string;
  /** Song files of the log shape. */
  readonly songs?: number;
  readonly seed: number;
  readonly from: string;
  readonly to: string;
  /** Users asked for. Some never come by in the period; `usersSeen` did. */
  readonly users: number;
  readonly dirtRates: DirtRates;
  readonly usersSeen: number;
  /** Users who cancelled. */
  readonly churners: number;
  /** What happened; without faults, the rows. */
  readonly events: number;
  /** Lines of events: `events`, and the duplicates and the malformed lines. */
  readonly rows: number;
  /** Plays of songs that have a file, in the log shape. */
  readonly matchedPlays?: number;
  /** Events by page. */
  readonly pages: Readonly<Record<string, number>>;
  readonly dirt: DirtCounts;
  /** Bytes and SHA-256 of all files in order, before compression. */
  readonly bytes: number;
  readonly sha256: string;
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

/** Much longer texts are slower to put together: they leave the processor's cache. */
const BLOCK_CHARS = 64 * 1024;
const ONE_FILE = 'events.json';

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
  rows = 0;
  bytes = 0;
  readonly #all = createHash('sha256');
  readonly #sink: Sink;
  #open: OpenFile | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** SHA-256 of all blocks; once, at the end. */
  get sha256(): string {
    const [only] = this.files;
    return this.#sink.layout === 'one' && only !== undefined ? only.sha256 : this.#all.digest('hex');
  }

  async startFile(name: string): Promise<void> {
    await this.endFile();
    const file = await this.#sink.open(name);
    this.#open = { name, file, hash: createHash('sha256'), rows: 0, bytes: 0 };
  }

  get layout(): Sink['layout'] {
    return this.#sink.layout;
  }

  /** A file of one line, without a line feed. */
  async writeFile(name: string, line: string): Promise<void> {
    await this.startFile(name);
    await this.write(line, 1);
    await this.endFile();
  }

  async write(text: string, rows: number): Promise<void> {
    if (this.#open === undefined || rows === 0) return;
    const block = Buffer.from(text);
    if (this.#sink.layout === 'days') this.#all.update(block); // else the file's hash is the one of all
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
  const { seed, period, dirt: rates } = spec;
  const writer = new BlockWriter(sink);
  const catalogue = createCatalogue(seed);
  const isLog = spec.shape === 'log';
  if (isLog)
    for (const { name, line } of makeSongFiles(catalogue, seed, spec.songs))
      await writer.writeFile(name, line);
  const songRows = writer.rows;
  const tally = new Tally(spec.users, isLog ? catalogue.songs.slice(0, spec.songs) : []);
  const counts: DirtCounts = { ...NO_DIRT };
  const lines = makeLines(
    generateEvents(spec, catalogue),
    isLog ? formatLogLine : formatChurnLine,
    { rates, seed, counts, end: period.to },
    (event) => tally.add(event),
  );
  await writeLines(lines, spec, writer, options);
  return describe(spec, writer, tally, { dirt: counts, songRows });
}

async function writeLines(
  lines: Iterable<Line>,
  { shape, period }: GeneratorSpec,
  writer: BlockWriter,
  { signal, onProgress }: WriteOptions,
): Promise<void> {
  let [text, rows, day] = ['', 0, -1];
  if (writer.layout === 'one') await writer.startFile(ONE_FILE);
  for (const line of lines) {
    const lineDay = writer.layout === 'one' ? -1 : Math.floor(line.at / DAY_MS);
    if (text.length >= BLOCK_CHARS || lineDay !== day) {
      await writer.write(text, rows);
      [text, rows] = ['', 0];
      if (lineDay !== day) await writer.startFile(nameOfDay(shape, (day = lineDay)));
      signal?.throwIfAborted();
      onProgress?.({ rows: writer.rows, share: (line.at - period.from) / (period.to - period.from) });
      await yieldToEventLoop(); // or a signal would never be heard
    }
    text += line.text;
    text += '\n';
    rows += 1;
  }
  await writer.write(text, rows);
  await writer.endFile();
}

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describe(
  spec: GeneratorSpec,
  writer: BlockWriter,
  tally: Tally,
  { dirt, songRows }: { readonly dirt: DirtCounts; readonly songRows: number },
): Manifest {
  const { shape, preset, seed, users, period, songs, dirt: dirtRates } = spec;
  return {
    shape,
    ...(shape === 'log' ? { songs } : { preset }),
    seed,
    from: formatDate(period.from),
    to: formatDate(period.to),
    users,
    dirtRates,
    usersSeen: tally.users,
    churners: tally.churners,
    events: tally.events,
    rows: writer.rows - songRows,
    ...(shape === 'log' ? { matchedPlays: tally.matchedPlays } : {}),
    pages: tally.pages,
    dirt,
    bytes: writer.bytes,
    sha256: writer.sha256,
    files: writer.files,
  };
}
