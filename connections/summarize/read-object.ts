/** Reads one object, or its beginning, for its records: how many, what they look like, and the first of them. */
import { openPlain } from '../copy/decompress.js';
import { CsvRecordReader } from '../copy/csv-records.js';
import { JsonRecordReader } from '../copy/json-records.js';
import type { RecordReader, RecordSink } from '../copy/record.js';
import { formatS3Url } from '../s3-url.js';
import type { S3Object, S3Storage } from '../s3.js';
import { formatOfKey, looksLikeJson, type NamedFormat } from './data-format.js';
import type { SchemaSketch } from './schema-sketch.js';

/** What one object gave. */
export interface ObjectReading {
  readonly format: 'json' | 'csv' | 'other';
  readonly records: number;
  /** Pieces that are no records: broken JSON, wrong UTF-8. */
  readonly rejected: number;
  /** Bytes as stored that the records were read from. */
  readonly bytes: number;
  /** Whether that is the whole object. */
  readonly whole: boolean;
  /** The first record, at most 2,000 characters of it. */
  readonly sample: string | undefined;
}

const MAX_SAMPLE_CHARACTERS = 2_000;

/**
 * Reads at most `limitBytes` of the stored object and stops there. Memory: one record and a chunk.
 * @throws AirtempoError LOAD_FAILED when it is broken gzip or CSV, and what S3 reports
 */
export async function readObject(
  s3: Pick<S3Storage, 'openObject'>,
  object: S3Object,
  schema: SchemaSketch,
  { limitBytes, signal }: { readonly limitBytes: number; readonly signal: AbortSignal | undefined },
): Promise<ObjectReading> {
  const named = formatOfKey(object.key);
  const counts = { records: 0, rejected: 0, bytes: 0, sample: undefined as string | undefined };
  const nothing = { ...counts, format: 'other', whole: true } as const;
  if (named.format === 'other') return nothing;
  const file = {
    name: formatS3Url(object),
    open: async function* (signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
      for await (const chunk of s3.openObject(object, signal)) {
        counts.bytes += chunk.length;
        yield chunk;
      }
    },
  };
  let opened: { readonly format: 'json' | 'csv'; readonly reader: RecordReader } | undefined;
  for await (const chunk of openPlain(file, 'auto', signal)) {
    opened ??= openReader(named, chunk, schema, counts);
    if (opened === undefined) return { ...nothing, bytes: counts.bytes };
    await opened.reader.push(chunk);
    if (counts.bytes >= limitBytes && counts.bytes < object.size) {
      return { ...counts, format: opened.format, whole: false };
    }
  }
  await opened?.reader.end();
  return {
    ...counts,
    format: opened?.format ?? (named.format === 'unknown' ? 'other' : named.format),
    whole: true,
  };
}

interface Counts {
  records: number;
  rejected: number;
  sample: string | undefined;
}

function openReader(
  named: NamedFormat,
  head: Buffer,
  schema: SchemaSketch,
  counts: Counts,
): { readonly format: 'json' | 'csv'; readonly reader: RecordReader } | undefined {
  if (named.format === 'csv') return { format: 'csv', reader: csvReader(named.delimiter, schema, counts) };
  if (named.format === 'unknown' && !looksLikeJson(head)) return undefined;
  const sink = createSink(counts, (row: Parameters<SchemaSketch['addJson']>[0]) => schema.addJson(row));
  return { format: 'json', reader: new JsonRecordReader(sink) };
}

/** The first record of a CSV file is its header. */
function csvReader(delimiter: string, schema: SchemaSketch, counts: Counts): RecordReader {
  let header: readonly string[] | undefined;
  const data = createSink(counts, (row: readonly string[]) => schema.addCsv(header ?? [], row));
  const sink: RecordSink<readonly string[]> = {
    row: (row, text, line) => {
      if (header === undefined) header = row;
      else data.row(row, text, line);
    },
    reject: (reason, raw, line) => data.reject(reason, raw, line),
  };
  return new CsvRecordReader(sink, { delimiter, ignoreHeader: 0 });
}

function createSink<Row>(counts: Counts, add: (row: Row) => void): RecordSink<Row> {
  return {
    row: (row, text) => {
      counts.records += 1;
      counts.sample ??= text.slice(0, MAX_SAMPLE_CHARACTERS);
      add(row);
    },
    reject: () => {
      counts.rejected += 1;
    },
  };
}
