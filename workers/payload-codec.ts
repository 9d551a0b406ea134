/** Temporal's payloads, encrypted whole: data and metadata. Those that others sent in plain are left as they are. */
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadCipher } from '../connections/payload-cipher.js';

const ENCODING = 'binary/encrypted';
const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

export function createPayloadCodec(cipher: PayloadCipher): PayloadCodec {
  return {
    encode: (payloads) => Promise.resolve(payloads.map((payload) => encode(payload, cipher))),
    decode: async (payloads) => payloads.map((payload) => decode(payload, cipher)),
  };
}

/** For clients and workers; nothing where no cipher is wanted. */
export function toDataConverter(cipher: PayloadCipher | undefined): {
  readonly dataConverter?: DataConverter;
} {
  return cipher === undefined ? {} : { dataConverter: { payloadCodecs: [createPayloadCodec(cipher)] } };
}

function encode(payload: Payload, cipher: PayloadCipher): Payload {
  return {
    metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(cipher.keyId) },
    data: cipher.encrypt(PayloadMessage.encode(payload).finish()),
  };
}

function decode(payload: Payload, cipher: PayloadCipher): Payload {
  const { encoding, 'encryption-key-id': keyId } = payload.metadata ?? {};
  if (readText(encoding) !== ENCODING) return payload;
  return PayloadMessage.decode(cipher.decrypt(payload.data ?? new Uint8Array(), readText(keyId)));
}

const readText = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
