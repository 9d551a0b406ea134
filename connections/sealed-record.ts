/**
 * Encrypts one connection or variable and decrypts it again: AES-256-GCM, a fresh random nonce each time, bound
 * to its kind and id so that records cannot be swapped. Knows nothing about files.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AirtempoError } from '../core/errors.js';
import type { EncryptionKey } from './encryption-keys.js';

/** What records hold; part of what they are bound to. */
export type SealedNoun = 'connection' | 'variable';

/** An encrypted connection or variable as the file holds it; the three texts are base64. */
export interface SealedRecord {
  readonly id: string;
  /** Which key it was encrypted with. */
  readonly keyId: string;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function computeBoundData(noun: SealedNoun, id: string): Buffer {
  return Buffer.from(`airtempo ${noun} v1\0${id}`, 'utf8');
}

/** Encrypts `plaintext` for that id. */
export function sealRecord(
  noun: SealedNoun,
  id: string,
  plaintext: string,
  key: EncryptionKey,
): SealedRecord {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(computeBoundData(noun, id));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return {
    id,
    keyId: key.id,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** Base64 exactly as we write it: Node would skip characters that were slipped in. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/**
 * The plaintext of a record.
 * @throws AirtempoError CONNECTION_STORE_CORRUPT when it was changed, or belongs to another id.
 */
export function openRecord(
  noun: SealedNoun,
  record: SealedRecord,
  key: EncryptionKey,
  place: string,
): string {
  const [nonce, ciphertext, tag] = [record.nonce, record.ciphertext, record.tag].map(decodeBase64);
  try {
    if (nonce?.length !== NONCE_BYTES || tag?.length !== TAG_BYTES || ciphertext === undefined) {
      throw new Error('nonce, ciphertext or tag is malformed');
    }
    const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(computeBoundData(noun, record.id)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new AirtempoError(
      'CONNECTION_STORE_CORRUPT',
      `The ${noun} "${record.id}" in ${place} was changed or damaged: restore the file from a backup, or delete the ${noun} and add it again.`,
      { cause },
    );
  }
}
