/**
 * The format of the encrypted store's file: versioned JSON, one sealed record per connection or variable.
 * Reads and writes the text; encryption and disk are elsewhere.
 */
import { z } from 'zod';
import { AirtempoError } from '../core/errors.js';
import type { SealedNoun, SealedRecord } from './sealed-record.js';

const VERSION = 1;

const sealedRecordSchema = z.strictObject({
  id: z.string().min(1),
  keyId: z.string().min(1),
  nonce: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});
const headerSchema = z.looseObject({ format: z.string(), version: z.int().positive() });
const recordsSchema = z.array(sealedRecordSchema);

function corrupt(noun: SealedNoun, path: string, reason: string): never {
  throw new AirtempoError(
    'CONNECTION_STORE_CORRUPT',
    `The ${noun} store ${path} ${reason}: restore it from a backup, or move it away and add the ${noun}s again. It was left as it is.`,
  );
}

function parseJson(noun: SealedNoun, path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return corrupt(noun, path, 'is not complete JSON');
  }
}

/**
 * The records by id.
 * @throws AirtempoError CONNECTION_STORE_CORRUPT when the text is cut off, changed or of a newer version.
 */
export function parseStoreFile(
  noun: SealedNoun,
  path: string,
  text: string,
): ReadonlyMap<string, SealedRecord> {
  const json = parseJson(noun, path, text);
  const header = headerSchema.safeParse(json);
  if (!header.success || header.data.format !== `airtempo ${noun}s`) {
    return corrupt(noun, path, `is no airtempo ${noun} store`);
  }
  if (header.data.version > VERSION) {
    const problem = `has version ${header.data.version}, which a newer airtempo wrote (upgrade to read it)`;
    return corrupt(noun, path, problem);
  }
  const known = ['format', 'version', `${noun}s`];
  const stranger = Object.keys(header.data).find((key) => !known.includes(key));
  const list = recordsSchema.safeParse(header.data[`${noun}s`]);
  if (stranger !== undefined || !list.success) {
    const at = list.success ? 'its top' : [`${noun}s`, ...(list.error.issues[0]?.path ?? [])].join('.');
    return corrupt(noun, path, `is damaged at ${at}`);
  }
  const records = new Map(list.data.map((record) => [record.id, record]));
  if (records.size !== list.data.length) return corrupt(noun, path, 'holds one id twice');
  return records;
}

/** The text of a file with these records, sorted by id so that differences are small. */
export function formatStoreFile(noun: SealedNoun, records: Iterable<SealedRecord>): string {
  const sorted = [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
  return `${JSON.stringify({ format: `airtempo ${noun}s`, version: VERSION, [`${noun}s`]: sorted }, null, 2)}\n`;
}
