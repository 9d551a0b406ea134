/** Chooses where XCom blobs are kept: a folder, or `s3://bucket/prefix?conn=aws_credentials`. */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { isS3Place, parseS3Place } from './s3-place.js';
import { createFileXComBlobs } from './xcom-files.js';
import type { XComBlobs } from './xcom-store.js';

/** The blobs at `place`. Workers on several machines need a place that all of them reach. */
export function createXComBlobs(
  place: string,
  connection: (connId: string) => Promise<Connection>,
): XComBlobs {
  return isS3Place(place) ? createS3XComBlobs(place, connection) : createFileXComBlobs(place);
}

function createS3XComBlobs(place: string, connection: (connId: string) => Promise<Connection>): XComBlobs {
  const { bucket, connId, keyOf, withStorage } = parseS3Place(place, connection);
  return {
    addressOf: (key) => `s3://${bucket}/${keyOf(key)}`,
    async write(key, bytes) {
      const address = `s3://${bucket}/${keyOf(key)}`;
      return withStorage(async ({ client }) => {
        const { PutObjectCommand } = await import('@aws-sdk/client-s3');
        await client
          .send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(key), Body: bytes }))
          .catch((cause: unknown) => {
            throw unavailable(address, 'written', connId, cause);
          });
        return address;
      });
    },
    async read(address) {
      const { bucket, key } = splitAddress(address);
      return withStorage(async ({ client }) => {
        const { GetObjectCommand } = await import('@aws-sdk/client-s3');
        try {
          const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          if (body === undefined) throw new Error('the answer has no body');
          return await body.transformToByteArray();
        } catch (cause) {
          throw unavailable(address, 'read', connId, cause);
        }
      });
    },
  };
}

/** The key as `write` put it there: a URL's reading would decode what is part of the key. */
function splitAddress(address: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(address) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new AirtempoError(
    'XCOM_UNAVAILABLE',
    `The task output ${address} is not in an S3 bucket, where this worker looks. All workers need the same AIRTEMPO_XCOM.`,
  );
}

function unavailable(address: string, verb: string, connId: string, cause: unknown): AirtempoError {
  return new AirtempoError(
    'XCOM_UNAVAILABLE',
    `The task output ${address} could not be ${verb} with connection ${connId}. Check AIRTEMPO_XCOM and the connection.`,
    { cause },
  );
}
