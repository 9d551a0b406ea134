/** Files in S3 as a COPY source: every key under a prefix, or exactly the keys of a manifest. */
import { AirtempoError } from '../../core/errors.js';
import { formatS3Url, parseS3Url } from '../s3-url.js';
import type { S3Storage } from '../s3.js';
import { parseManifest } from './manifest.js';
import { readSmallText } from './read-small.js';
import type { CopySource, SourceFile } from './source.js';

type Reader = Pick<S3Storage, 'connId' | 'listObjects' | 'openObject'>;

export interface S3SourceOptions {
  /** `s3://bucket/prefix`; the prefix is plain text, so `log_data` also means `log_data_old/…`. */
  readonly from: string;
  /** `from` is a manifest's own URL. */
  readonly manifest: boolean;
}

/** Creates the source. Makes no request yet. */
export function createS3Source(s3: Reader, { from, manifest }: S3SourceOptions): CopySource {
  const { bucket, key: prefix } = parseS3Url(from);
  const skipped: string[] = [];

  function fileOf(object: { bucket: string; key: string; etag: string | undefined }): SourceFile {
    return { name: formatS3Url(object), open: (signal) => s3.openObject(object, signal) };
  }

  async function* listPrefix(signal: AbortSignal | undefined): AsyncGenerator<SourceFile> {
    let found = false;
    for await (const object of s3.listObjects(bucket, prefix, signal)) {
      found = true;
      // Consoles create empty objects to show a folder.
      if (object.size > 0) yield fileOf(object);
    }
    if (!found) {
      throw new AirtempoError(
        'SOURCE_NOT_FOUND',
        `No object's key begins with "${prefix}" in bucket "${bucket}" (connection "${s3.connId}"). Upload the data, or correct ${from}.`,
      );
    }
  }

  async function findObject(url: string, signal: AbortSignal | undefined): Promise<SourceFile | undefined> {
    const wanted = parseS3Url(url);
    for await (const object of s3.listObjects(wanted.bucket, wanted.key, signal)) {
      // Keys come in order, and the shortest key with a prefix is the prefix itself.
      return object.key === wanted.key ? fileOf(object) : undefined;
    }
    return undefined;
  }

  async function* listManifest(signal: AbortSignal | undefined): AsyncGenerator<SourceFile> {
    let found = false;
    for (const { url, mandatory } of parseManifest(await readText(from, signal), from)) {
      const file = await findObject(url, signal);
      if (file === undefined && mandatory) {
        throw new AirtempoError(
          'SOURCE_NOT_FOUND',
          `The manifest ${from} demands ${url}, which does not exist. Upload it, or correct the manifest.`,
        );
      }
      if (file === undefined) {
        skipped.push(url);
        continue;
      }
      found = true;
      yield file;
    }
    if (!found) {
      throw new AirtempoError(
        'SOURCE_NOT_FOUND',
        `None of the files in the manifest ${from} exists. Upload them, or correct the manifest.`,
      );
    }
  }

  function readText(name: string, signal: AbortSignal | undefined): Promise<string> {
    const wanted = parseS3Url(name);
    return readSmallText(s3.openObject(wanted, signal), name);
  }

  return { from, skipped, files: manifest ? listManifest : listPrefix, readText };
}
