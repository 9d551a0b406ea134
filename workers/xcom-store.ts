/**
 * The XCom store: keeps task outputs that are too large for a run's history. A reference carries the
 * size and SHA-256, so that a truncated or exchanged object is noticed.
 */
import { createHash } from 'node:crypto';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import { INLINE_OUTPUT_BYTES, type XComRef } from '../workflows/contract.js';
import { computeXComKey } from './xcom-key.js';

/** Where bytes go. Writing the same key twice is harmless. */
export interface XComBlobs {
  /** Returns the address under which `read` finds the bytes. */
  write(key: string, bytes: Uint8Array): Promise<string>;
  read(address: string): Promise<Uint8Array>;
}

/** Puts and fetches outputs. */
export interface XComStore {
  /**
   * The output itself when it has at most `inlineBytes` (default `INLINE_OUTPUT_BYTES`), else a reference
   * to where it was put: `name` is run and task.
   */
  put(name: string, output: JsonValue, inlineBytes?: number): Promise<JsonValue | XComRef>;
  /** The output behind a value that `put` returned. */
  get(value: unknown): Promise<unknown>;
}

/** A store on top of `blobs`. */
export function createXComStore(blobs: XComBlobs): XComStore {
  return {
    async put(name, output, inlineBytes = INLINE_OUTPUT_BYTES) {
      const bytes = Buffer.from(JSON.stringify(output), 'utf8');
      // an output that looks like a reference would be taken for one
      if (bytes.length <= inlineBytes && !isXComRef(output)) return output;
      const digest = sha256(bytes);
      const address = await blobs.write(computeXComKey(name, digest), bytes);
      return { $xcom: address, bytes: bytes.length, sha256: digest };
    },
    async get(value) {
      if (!isXComRef(value)) return value;
      const bytes = await blobs.read(value.$xcom);
      if (bytes.length !== value.bytes || sha256(bytes) !== value.sha256) {
        throw new AirtempoError(
          'XCOM_CORRUPT',
          `The stored output ${value.$xcom} is not what the task wrote (${String(bytes.length)} of ${String(value.bytes)} bytes, ` +
            `or another checksum). Run the task that made it again.`,
        );
      }
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isXComRef(value: unknown): value is XComRef {
  return (
    typeof value === 'object' && value !== null && '$xcom' in value && 'sha256' in value && 'bytes' in value
  );
}
