/**
 * Which files a source stands for: a folder, a file, or a prefix on S3, whose objects are brought to a folder first. Names
 * that begin with `_` or `.` are none of the data's, as everywhere in a lake, and neither are manifests. Reads names only, never content.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AirtempoError } from '../../core/errors.js';
import { parseS3Url } from '../s3-url.js';
import type { S3Object, S3Storage } from '../s3.js';

export interface SourceFiles {
  readonly format: 'json' | 'parquet';
  /** Absolute paths, in the order of their names. */
  readonly files: readonly string[];
  readonly bytes: number;
}

export interface FindFilesOptions {
  /** Needed for `s3://…`. */
  readonly storage?: S3Storage | undefined;
  /** Where objects of S3 are put. */
  readonly downloadTo: string;
  /** More bytes than this are not brought from S3. Default 20 GiB. */
  readonly maxDownloadBytes?: number | undefined;
  /** Whether to take a file, by its path below the source. Default: every one. */
  readonly takes?: ((name: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const JSON_NAME = /\.(json|jsonl|ndjson)(\.gz)?$/;
const PARQUET_NAME = /\.parquet$/;
/** What `airtempo data generate` leaves beside its data. */
const MANIFEST_NAME = /\.manifest\.json$/;
const DEFAULT_MAX_DOWNLOAD_BYTES = 20 * 2 ** 30;

interface FoundFile {
  readonly file: string;
  readonly size: number;
}

/**
 * Finds the data files of a source.
 * @throws AirtempoError SOURCE_NOT_FOUND when there are none; INVALID_ARGS for a mixture, or more bytes than allowed
 */
export async function findSourceFiles(source: string, options: FindFilesOptions): Promise<SourceFiles> {
  const found = /^s3[an]?:\/\//.test(source)
    ? await download(source, options)
    : await listFiles(path.resolve(source), options.takes);
  const parquet = found.filter(({ file }) => PARQUET_NAME.test(file));
  if (found.length === 0) {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `${source} has no .json, .json.gz, .jsonl or .parquet file${options.takes === undefined ? '' : ' for the days asked for'}. Give a file, a folder or an s3:// prefix that has some.`,
    );
  }
  if (parquet.length !== 0 && parquet.length !== found.length) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `${source} has both JSON and Parquet files (${String(found.length - parquet.length)} and ${String(parquet.length)}). Give the folder of the one or of the other.`,
    );
  }
  return {
    format: parquet.length === 0 ? 'json' : 'parquet',
    files: found.map(({ file }) => file),
    bytes: found.reduce((sum, { size }) => sum + size, 0),
  };
}

function isData(name: string): boolean {
  const hidden = name.split('/').some((part) => part.startsWith('_') || part.startsWith('.'));
  return !hidden && !MANIFEST_NAME.test(name) && (JSON_NAME.test(name) || PARQUET_NAME.test(name));
}

/** A file of a source that was not brought here: its path below the source. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
}

/** The data files of a source by their names, without bringing any from S3. Throws as `findSourceFiles`, but for an empty one. */
export async function listSource(source: string, options: FindFilesOptions): Promise<readonly ListedFile[]> {
  const found: ListedFile[] = [];
  if (/^s3[an]?:\/\//.test(source)) {
    for await (const { name, size } of listObjects(source, options)) found.push({ name, size });
    return found;
  }
  const root = path.resolve(source);
  return (await listFiles(root, options.takes)).map(({ file, size }) => ({
    name: path.relative(root, file).split(path.sep).join('/') || path.basename(file),
    size,
  }));
}

async function listFiles(source: string, takes: FindFilesOptions['takes']): Promise<readonly FoundFile[]> {
  const place = await stat(source).catch(() => undefined);
  if (place === undefined) {
    throw new AirtempoError('SOURCE_NOT_FOUND', `There is no file or folder ${source}. Check the path.`);
  }
  if (place.isFile()) return isData(path.basename(source)) ? [{ file: source, size: place.size }] : [];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const taken = files.filter((file) => {
    const name = path.relative(source, file).split(path.sep).join('/');
    return isData(name) && (takes?.(name) ?? true);
  });
  return Promise.all(taken.sort().map(async (file) => ({ file, size: (await stat(file)).size })));
}

interface ListedObject extends S3Object {
  readonly name: string;
}

async function* listObjects(
  source: string,
  { storage, takes, signal }: FindFilesOptions,
): AsyncGenerator<ListedObject> {
  if (storage === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `${source} is on S3: name a connection of type aws or s3 for it.`,
    );
  }
  const { bucket, key: prefix } = parseS3Url(source);
  for await (const object of storage.listObjects(bucket, prefix, signal)) {
    const name = object.key.slice(prefix.length).replace(/^\/+/, '') || path.posix.basename(object.key);
    if (isData(name) && takes?.(name) !== false) yield { ...object, name };
  }
}

/** Brings the objects below a prefix into the folder, under their keys. */
async function download(source: string, options: FindFilesOptions): Promise<readonly FoundFile[]> {
  const { storage, downloadTo, signal, maxDownloadBytes = DEFAULT_MAX_DOWNLOAD_BYTES } = options;
  const found: FoundFile[] = [];
  let bytes = 0;
  for await (const object of listObjects(source, options)) {
    bytes += object.size;
    if (bytes > maxDownloadBytes) {
      throw new AirtempoError(
        'INVALID_ARGS',
        `${source} has more than ${String(maxDownloadBytes)} bytes, which are brought to ${downloadTo} for DuckDB to read. ` +
          `Take fewer days, allow more (maxDownloadBytes), or use Spark.`,
      );
    }
    const file = placeBelow(downloadTo, `${object.bucket}/${object.key}`);
    await mkdir(path.dirname(file), { recursive: true });
    if (storage !== undefined)
      await pipeline(Readable.from(storage.openObject(object, signal)), createWriteStream(file));
    found.push({ file, size: object.size });
  }
  return found;
}

/** A key may hold `..`, which must not lead out of the folder. */
function placeBelow(folder: string, key: string): string {
  const safe = key.split('/').map((part) => (part === '' || /^\.+$/.test(part) ? `${part}_` : part));
  return path.join(folder, ...safe);
}
