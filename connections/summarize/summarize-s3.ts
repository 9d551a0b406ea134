/**
 * What lies below an S3 prefix: objects, bytes, records, a sample and the fields, prefix by prefix. It lists every key
 * once, page by page, and reads either a few objects of each prefix or all of them; memory does not grow with either.
 */
import { AirtempoError, isAirtempoError, type ErrorCode } from '../../core/errors.js';
import { parseS3Url } from '../s3-url.js';
import type { S3Object, S3Storage } from '../s3.js';
import { groupOfKey, PrefixGroup, type PrefixSummary, type RecordCount } from './prefix-group.js';
import { readObject } from './read-object.js';

export interface SummarizeOptions {
  /** Folders below the prefix that are told apart. */
  readonly depth: number;
  /** Objects to read under each prefix. */
  readonly sample: number;
  /** Read all objects, whole, instead of a sample: records are counted, not estimated. */
  readonly countRecords: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SummarizeProgress) => void) | undefined;
}

export interface SummarizeProgress {
  readonly objects: number;
  readonly bytes: number;
  /** Objects that were read. */
  readonly read: number;
}

export interface S3Summary {
  readonly url: string;
  readonly objects: number;
  readonly bytes: number;
  /** Empty objects that consoles make to show a folder; counted nowhere else. */
  readonly folderMarkers: number;
  readonly records: RecordCount | undefined;
  readonly prefixes: readonly PrefixSummary[];
  /** Whether there are so many prefixes that the last one stands for all that came later. */
  readonly prefixesCut: boolean;
}

/** More are not shown apart: a listing by user id must not fill the memory. */
const MAX_PREFIXES = 1_000;
/** What the prefixes beyond that are counted under. */
const OTHER_PREFIXES = '(others)';
/** As much of a large object says enough about its records. */
const SAMPLE_BYTES = 8 * 1024 * 1024;
/** Small objects are all latency: this many are read at a time. */
const READERS = 8;
/** What makes one object unreadable, and not the whole prefix. */
const OBJECT_PROBLEMS: ReadonlySet<ErrorCode> = new Set([
  'LOAD_FAILED',
  'SOURCE_CHANGED',
  'SOURCE_NOT_FOUND',
]);

/**
 * Summarizes every object whose key begins as `url` says.
 * @throws AirtempoError SOURCE_NOT_FOUND when there is none, and what S3 reports
 */
export async function summarizeS3(
  s3: Pick<S3Storage, 'connId' | 'listObjects' | 'openObject'>,
  url: string,
  options: SummarizeOptions,
): Promise<S3Summary> {
  const { bucket, key: prefix } = parseS3Url(url);
  const { signal } = options;
  const groups = new Map<string, PrefixGroup>();
  const seen = { objects: 0, bytes: 0, read: 0 };
  const readers = new Set<Promise<void>>();
  const stop = new AbortController();
  const stopSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let folderMarkers = 0;

  const read = async (group: PrefixGroup, object: S3Object): Promise<void> => {
    const limitBytes = options.countRecords ? Number.POSITIVE_INFINITY : SAMPLE_BYTES;
    try {
      group.addReading(
        object.key,
        await readObject(s3, object, group.schema, { limitBytes, signal: stopSignal }),
      );
    } catch (error) {
      if (!isAirtempoError(error) || !OBJECT_PROBLEMS.has(error.code)) throw error;
      group.addUnreadable(error.message);
    }
    seen.read += 1;
    options.onProgress?.(seen);
  };
  /** Waits for a free reader. */
  const start = async (group: PrefixGroup, object: S3Object): Promise<void> => {
    if (readers.size >= READERS) await Promise.race(readers);
    stopSignal.throwIfAborted();
    const reader = read(group, object)
      .catch((error: unknown) => stop.abort(error)) // the listing and the other readers end with this error
      .finally(() => readers.delete(reader));
    readers.add(reader);
  };

  try {
    for await (const object of s3.listObjects(bucket, prefix, stopSignal)) {
      if (object.size === 0 && object.key.endsWith('/')) {
        folderMarkers += 1;
        continue;
      }
      seen.objects += 1;
      seen.bytes += object.size;
      const group = findGroup(groups, groupOfKey(object.key, prefix, options.depth), options);
      group.add(object);
      if (options.countRecords) await start(group, object);
      options.onProgress?.(seen);
    }
    if (!options.countRecords) {
      for (const group of groups.values()) for (const object of group.chosen()) await start(group, object);
    }
    await Promise.all(readers);
    stopSignal.throwIfAborted();
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(readers);
    signal?.throwIfAborted();
    throw error;
  }
  if (seen.objects === 0) {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `No object's key begins with "${prefix}" in bucket "${bucket}" (connection "${s3.connId}"). Upload the data, or correct ${url}.`,
    );
  }
  const prefixes = [...groups.values()].map((group) => group.summarize());
  return {
    url,
    objects: seen.objects,
    bytes: seen.bytes,
    folderMarkers,
    records: addUp(prefixes.map(({ records }) => records)),
    prefixes,
    prefixesCut: groups.has(OTHER_PREFIXES),
  };
}

function findGroup(groups: Map<string, PrefixGroup>, name: string, options: SummarizeOptions): PrefixGroup {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const wanted = groups.size < MAX_PREFIXES ? name : OTHER_PREFIXES;
  let group = groups.get(wanted);
  if (group === undefined) {
    groups.set(wanted, (group = new PrefixGroup(wanted, options.countRecords ? 0 : options.sample)));
  }
  return group;
}

/** Undefined when nothing was read at all. */
function addUp(counts: readonly (RecordCount | undefined)[]): RecordCount | undefined {
  const known = counts.filter((count) => count !== undefined);
  if (known.length === 0) return undefined;
  return {
    count: known.reduce((sum, { count }) => sum + count, 0),
    exact: known.length === counts.length && known.every(({ exact }) => exact),
  };
}
