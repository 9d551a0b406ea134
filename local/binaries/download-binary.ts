/** The vendor's own archive: fetched, checked where a checksum list exists, unpacked. It installs nothing by itself. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ProgressStep } from '../progress.js';
import type { BinaryDownload, BinarySpec } from './binary-spec.js';

const run = promisify(execFile);
/** Behind a firewall that drops packets nothing ever answers: fall through to the next way soon. */
const ANSWER_TIMEOUT_MS = 10_000;
const WHOLE_TIMEOUT_MS = 15 * 60_000;

export interface DownloadOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  readonly step: ProgressStep;
  readonly signal?: AbortSignal | undefined;
}

/** Downloads and unpacks; returns the program's file inside `folder`. Rejects with a sentence when it cannot. */
export async function downloadBinary(
  spec: BinarySpec,
  download: BinaryDownload,
  options: DownloadOptions,
): Promise<string> {
  const archive = path.join(options.folder, 'archive.tar.gz');
  await fetchFile(download.url, archive, options);
  if (download.checksumsUrl !== undefined) await verifyChecksum(archive, download, options.signal);
  await run('tar', ['-xzf', archive, '-C', options.folder]);
  const program = await findFile(options.folder, spec.name);
  if (program === undefined) throw new Error(`the archive holds no file named ${spec.name}`);
  return program;
}

async function fetchFile(url: string, file: string, { step, signal }: DownloadOptions): Promise<void> {
  const response = await request(url, signal);
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  let bytes = 0;
  let nextReport = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes >= nextReport) {
        nextReport = bytes + 4 * 1024 * 1024;
        step.update(`Downloading ${new URL(url).host}: ${describeAmount(bytes, totalBytes)}`);
      }
      callback(null, chunk);
    },
  });
  const body = response.body;
  if (body === null) throw new Error(`${new URL(url).host} sent an empty answer`);
  await pipeline(Readable.fromWeb(body), meter, createWriteStream(file));
}

function describeAmount(bytes: number, totalBytes: number): string {
  const megabytes = (amount: number): string => `${Math.round(amount / 1e6)} MB`;
  return totalBytes > 0 ? `${megabytes(bytes)} of ${megabytes(totalBytes)}` : megabytes(bytes);
}

async function request(url: string, signal: AbortSignal | undefined): Promise<Response> {
  const host = new URL(url).host;
  const answered = new AbortController();
  const timer = setTimeout(
    () => answered.abort(new Error(`no answer in ${ANSWER_TIMEOUT_MS / 1000} s`)),
    ANSWER_TIMEOUT_MS,
  );
  const signals = [answered.signal, AbortSignal.timeout(WHOLE_TIMEOUT_MS), ...(signal ? [signal] : [])];
  try {
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    if (!response.ok) throw new Error(`${host} answered ${response.status}`);
    return response;
  } catch (error) {
    const cause = (error as Error).cause;
    const detail = cause instanceof Error ? cause.message : (error as Error).message;
    throw new Error(`${host} cannot be reached (${detail})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function verifyChecksum(file: string, download: BinaryDownload, signal?: AbortSignal): Promise<void> {
  const list = await (await request(download.checksumsUrl ?? '', signal)).text();
  const name = path.basename(new URL(download.url).pathname);
  const expected = list
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .find((parts) => parts[1] === name)?.[0];
  if (expected === undefined) throw new Error(`the vendor's checksum list does not name ${name}`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') !== expected.toLowerCase()) throw new Error(`${name} does not match its checksum`);
}

async function findFile(folder: string, name: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const entry = entries.find((candidate) => candidate.isFile() && candidate.name === name);
  return entry === undefined ? undefined : path.join(entry.parentPath ?? folder, entry.name);
}
