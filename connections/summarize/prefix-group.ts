/** What is known of the objects below one prefix, in bounded memory however many there are. No requests. */
import { createHash } from 'node:crypto';
import type { S3Object } from '../s3.js';
import type { DataFormat } from './data-format.js';
import type { ObjectReading } from './read-object.js';
import { SchemaSketch, type FieldSummary } from './schema-sketch.js';

/** How many records there are, and whether that was counted or computed from a part of the bytes. */
export interface RecordCount {
  readonly count: number;
  readonly exact: boolean;
}

export interface PrefixSummary {
  /** Ends with `/`, unless it is the prefix that was asked for. */
  readonly prefix: string;
  readonly objects: number;
  readonly bytes: number;
  /** Undefined when no object was read. */
  readonly records: RecordCount | undefined;
  /** What the objects that were read are. */
  readonly formats: Readonly<Partial<Record<DataFormat, number>>>;
  readonly read: { readonly objects: number; readonly bytes: number; readonly records: number };
  /** Pieces of the data that are no records. */
  readonly rejected: number;
  /** Objects that could not be read, and why the first of them could not. */
  readonly unreadable: { readonly objects: number; readonly problem: string | undefined };
  /** One record as it is stored. */
  readonly sample: string | undefined;
  readonly fields: readonly FieldSummary[];
  /** Whether there are more fields than are listed. */
  readonly fieldsCut: boolean;
}

/**
 * The prefix that a key is counted under: `depth` folders below the folder of the prefix that was asked for, or that
 * prefix itself with depth 0.
 */
export function groupOfKey(key: string, prefix: string, depth: number): string {
  if (depth === 0) return prefix;
  const start = prefix.lastIndexOf('/') + 1;
  let end = start;
  for (let level = 0; level < depth; level += 1) {
    const slash = key.indexOf('/', end);
    if (slash === -1) break;
    end = slash + 1;
  }
  return key.slice(0, end);
}

export class PrefixGroup {
  readonly prefix: string;
  readonly schema = new SchemaSketch();
  readonly #sampleSize: number;
  #objects = 0;
  #bytes = 0;
  /** The objects with the smallest hashes: an even sample of all, and the same one each time. */
  #chosen: { readonly rank: string; readonly object: S3Object }[] = [];
  readonly #formats: Partial<Record<DataFormat, number>> = {};
  readonly #read = { objects: 0, bytes: 0, records: 0, whole: true };
  #rejected = 0;
  #unreadable = 0;
  #problem: string | undefined;
  #sample: { readonly key: string; readonly record: string } | undefined;

  constructor(prefix: string, sampleSize: number) {
    this.prefix = prefix;
    this.#sampleSize = sampleSize;
  }

  add(object: S3Object): void {
    this.#objects += 1;
    this.#bytes += object.size;
    if (this.#sampleSize === 0) return;
    const rank = createHash('sha1').update(object.key).digest('hex');
    const last = this.#chosen.at(-1);
    if (this.#chosen.length === this.#sampleSize && last !== undefined && rank >= last.rank) return;
    this.#chosen = [...this.#chosen, { rank, object }]
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .slice(0, this.#sampleSize);
  }

  /** The objects to read for a sample, in key order. */
  chosen(): readonly S3Object[] {
    return this.#chosen.map(({ object }) => object).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  addReading(key: string, reading: ObjectReading): void {
    this.#formats[reading.format] = (this.#formats[reading.format] ?? 0) + 1;
    this.#read.objects += 1;
    this.#read.bytes += reading.bytes;
    this.#read.records += reading.records;
    this.#read.whole &&= reading.whole;
    this.#rejected += reading.rejected;
    // objects are read side by side: the first by key is the same one each time
    if (reading.sample !== undefined && (this.#sample === undefined || key < this.#sample.key))
      this.#sample = { key, record: reading.sample };
  }

  addUnreadable(problem: string): void {
    this.#unreadable += 1;
    this.#problem ??= problem;
  }

  summarize(): PrefixSummary {
    const { objects, bytes, records } = this.#read;
    return {
      prefix: this.prefix,
      objects: this.#objects,
      bytes: this.#bytes,
      records: this.#countRecords(),
      formats: { ...this.#formats },
      read: { objects, bytes, records },
      rejected: this.#rejected,
      unreadable: { objects: this.#unreadable, problem: this.#problem },
      sample: this.#sample?.record,
      fields: this.schema.fields(),
      fieldsCut: this.schema.fieldsLeftOut > 0,
    };
  }

  #countRecords(): RecordCount | undefined {
    const { objects, bytes, records, whole } = this.#read;
    if (objects === 0) return undefined;
    if (whole && objects === this.#objects) return { count: records, exact: true };
    return { count: bytes === 0 ? 0 : Math.round((records / bytes) * this.#bytes), exact: false };
  }
}
