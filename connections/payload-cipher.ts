/**
 * Encrypts what goes into Temporal's histories: AES-256-GCM with a fresh random nonce each time. The first key encrypts, all
 * decrypt, so that keys can be changed. Knows nothing of Temporal.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AirtempoError } from '../core/errors.js';
import { parseEncryptionKeys } from './encryption-keys.js';

/** The variable with the keys: 32 bytes in base64 each, separated by commas, the newest first. */
export const PAYLOAD_KEYS_VARIABLE = 'AIRTEMPO_PAYLOAD_KEYS';

export interface PayloadCipher {
  /** The key that encrypts. */
  readonly keyId: string;
  /** Nonce, then tag, then ciphertext. */
  encrypt(plain: Uint8Array): Uint8Array;
  /** Throws INVALID_CONFIG for a key that is not among ours, and for data that was changed. */
  decrypt(data: Uint8Array, keyId: string): Uint8Array;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BOUND_DATA = Buffer.from('airtempo payload v1', 'utf8');

/** The cipher that the environment asks for; undefined when it asks for none. Throws CONNECTION_STORE_LOCKED for what is no key. */
export function readPayloadCipher(env: NodeJS.ProcessEnv): PayloadCipher | undefined {
  const text = env[PAYLOAD_KEYS_VARIABLE];
  return text === undefined || text.trim() === '' ? undefined : createPayloadCipher(text);
}

function createPayloadCipher(text: string): PayloadCipher {
  const keys = parseEncryptionKeys(text, PAYLOAD_KEYS_VARIABLE);
  const bytesOf = new Map(keys.map(({ id, bytes }) => [id, bytes]));
  const [{ id: keyId, bytes: newest }] = keys as [(typeof keys)[number]]; // never empty
  return {
    keyId,
    encrypt: (plain) => seal(plain, newest),
    decrypt: (data, id) => {
      const key = bytesOf.get(id);
      if (key === undefined) {
        throw new AirtempoError(
          'INVALID_CONFIG',
          `A payload was encrypted with the key ${id}, which is not in ${PAYLOAD_KEYS_VARIABLE}. Add the former key behind the new one, separated by a comma.`,
        );
      }
      return open(data, key);
    },
  };
}

function seal(plain: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(BOUND_DATA);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function open(data: Uint8Array, key: Uint8Array): Uint8Array {
  const tagEnd = NONCE_BYTES + TAG_BYTES;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(BOUND_DATA).setAuthTag(data.subarray(NONCE_BYTES, tagEnd));
    return Buffer.concat([decipher.update(data.subarray(tagEnd)), decipher.final()]);
  } catch (cause) {
    throw new AirtempoError('INVALID_CONFIG', 'An encrypted payload was changed or cut off on its way.', {
      cause,
    });
  }
}
