/**
 * The XCom store: keeps task outputs that are too large for a run's history. A reference carries the
 * size and SHA-256, so that a truncated or exchanged object is noticed.
 */
import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import {
  INLINE_OUTPUT_BYTES,
  type OutputList,
  type XComDigest,
  type XComRef,
} from '../workflows/contract.js';
import { computeXComKey } from './xcom-key.js';

/** Where bytes go. Writing the same key twice is harmless. */
export interface XComBlobs {
  /** The address of a key, whether or not there is something. */
  addressOf(key: string): string;
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
  /**
   * The output behind a value that `put` returned, or a run made of one: a digest, a list of outputs. `prefix` is what
   * comes before the task in the names of the run's outputs.
   */
  get(value: unknown, prefix?: string): Promise<unknown>;
  /** As `get`, but stored outputs may be shared with other callers, and must not be changed. */
  getShared(value: unknown, prefix: string): Promise<unknown>;
}

/** A store on top of `blobs`. */
export function createXComStore(blobs: XComBlobs): XComStore {
  const shared = new SharedOutputs();
  return {
    async put(name, output, inlineBytes = INLINE_OUTPUT_BYTES) {
      const bytes = Buffer.from(JSON.stringify(output), 'utf8');
      // an output that looks like a reference would be taken for one
      if (bytes.length <= inlineBytes && !looksLikeOurs(output)) return output;
      const digest = sha256(bytes);
      const address = await blobs.write(computeXComKey(name, digest), bytes);
      return { $xcom: address, bytes: bytes.length, sha256: digest };
    },
    async get(value, prefix = '') {
      if (isOutputList(value)) {
        // a few at a time: there may be thousands, each a file or an object
        return pMap(value.$list, (item) => readOne(blobs, item, prefix), { concurrency: READS_AT_ONCE });
      }
      return readOne(blobs, value, prefix);
    },
    async getShared(value, prefix) {
      const isStored = isXComRef(value) || isXComDigest(value);
      if (!isStored) return this.get(value, prefix);
      return shared.get(`${prefix} ${JSON.stringify(value)}`, () => this.get(value, prefix));
    },
  };
}

/** The instances of a mapped task all read the same list: it is fetched and parsed once. */
class SharedOutputs {
  readonly #outputs = new Map<string, Promise<unknown>>();

  get(key: string, load: () => Promise<unknown>): Promise<unknown> {
    const known = this.#outputs.get(key);
    if (known !== undefined) return known;
    const output = load();
    this.#outputs.set(key, output);
    output.catch(() => this.#outputs.delete(key));
    const [oldest] = this.#outputs.keys();
    if (this.#outputs.size > SHARED_OUTPUTS && oldest !== undefined) this.#outputs.delete(oldest);
    return output;
  }
}

const SHARED_OUTPUTS = 8;
const READS_AT_ONCE = 32;

async function readOne(blobs: XComBlobs, value: unknown, prefix: string): Promise<unknown> {
  if (isXComDigest(value)) {
    const address = blobs.addressOf(computeXComKey(`${prefix}/${value.of}`, value.$digest));
    const bytes = await blobs.read(address);
    if (!sha256(bytes).startsWith(value.$digest)) throw corrupt(address, `${String(bytes.length)} bytes`);
    return parse(bytes);
  }
  if (!isXComRef(value)) return value;
  const bytes = await blobs.read(value.$xcom);
  if (bytes.length !== value.bytes || sha256(bytes) !== value.sha256) {
    throw corrupt(value.$xcom, `${String(bytes.length)} of ${String(value.bytes)} bytes`);
  }
  return parse(bytes);
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
}

function corrupt(address: string, found: string): AirtempoError {
  return new AirtempoError(
    'XCOM_CORRUPT',
    `The stored output ${address} is not what the task wrote (${found}, or another checksum). ` +
      `Run the task that made it again.`,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function looksLikeOurs(output: unknown): boolean {
  return isXComRef(output) || isXComDigest(output) || isOutputList(output);
}

function isOutputList(value: unknown): value is OutputList {
  return typeof value === 'object' && value !== null && '$list' in value && Array.isArray(value.$list);
}

function isXComDigest(value: unknown): value is XComDigest {
  return typeof value === 'object' && value !== null && '$digest' in value && 'of' in value;
}

function isXComRef(value: unknown): value is XComRef {
  return (
    typeof value === 'object' && value !== null && '$xcom' in value && 'sha256' in value && 'bytes' in value
  );
}
