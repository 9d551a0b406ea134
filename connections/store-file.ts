/**
 * The format of the encrypted store's file: versioned JSON, one sealed record per connection.
 * Reads and writes the text; encryption and disk are elsewhere.
 */
import { z } from 'zod';
import { AirtempoError } from '../core/errors.js';
import type { SealedRecord } from './sealed-record.js';

const FORMAT = 'airtempo connections';
const VERSION = 1;

const sealedRecordSchema = z.strictObject({
  id: z.string().min(1),
  keyId: z.string().min(1),
  nonce: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});
const headerSchema = z.looseObject({ format: z.literal(FORMAT), version: z.int().positive() });
const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  connections: z.array(sealedRecordSchema),
});

function corrupt(path: string, reason: string): never {
  throw new AirtempoError(
    'CONNECTION_STORE_CORRUPT',
    `The connection store ${path} ${reason}: restore it from a backup, or move it away and add the connections again. It was left as it is.`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return corrupt(path, 'is not complete JSON');
  }
}

/**
 * The records by id.
 * @throws AirtempoError CONNECTION_STORE_CORRUPT when the text is cut off, changed or of a newer version.
 */
export function parseStoreFile(path: string, text: string): ReadonlyMap<string, SealedRecord> {
  const json = parseJson(path, text);
  const header = headerSchema.safeParse(json);
  if (!header.success) return corrupt(path, 'is no airtempo connection store');
  if (header.data.version > VERSION) {
    return corrupt(
      path,
      `has version ${header.data.version}, which a newer airtempo wrote (upgrade to read it)`,
    );
  }
  const file = fileSchema.safeParse(json);
  if (!file.success)
    return corrupt(path, `is damaged at ${file.error.issues[0]?.path.join('.') ?? 'its top'}`);
  const records = new Map(file.data.connections.map((record) => [record.id, record]));
  if (records.size !== file.data.connections.length) return corrupt(path, 'holds one id twice');
  return records;
}

/** The text of a file with these records, sorted by id so that differences are small. */
export function formatStoreFile(records: Iterable<SealedRecord>): string {
  const connections = [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
  return `${JSON.stringify({ format: FORMAT, version: VERSION, connections }, null, 2)}\n`;
}
