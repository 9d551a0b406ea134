/** Chooses where XCom blobs are kept: a folder, or `s3://bucket/prefix?conn=aws_credentials`. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { connectS3 } from '../connections/s3.js';
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { createFileXComBlobs } from './xcom-files.js';
import type { XComBlobs } from './xcom-store.js';

/** The blobs at `place`. Workers on several machines need a place that all of them reach. */
export function createXComBlobs(
  place: string,
  connection: (connId: string) => Promise<Connection>,
): XComBlobs {
  return place.startsWith('s3://') ? createS3XComBlobs(place, connection) : createFileXComBlobs(place);
}

function createS3XComBlobs(place: string, connection: (connId: string) => Promise<Connection>): XComBlobs {
  const url = new URL(place);
  const bucket = url.host;
  const prefix = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  const connId = url.searchParams.get('conn') ?? 'aws_credentials';
  return {
    async write(key, bytes) {
      const storage = connectS3(await connection(connId));
      const fullKey = prefix === '' ? key : `${prefix}/${key}`;
      try {
        await storage.client.send(new PutObjectCommand({ Bucket: bucket, Key: fullKey, Body: bytes }));
        return `s3://${bucket}/${fullKey}`;
      } catch (cause) {
        throw unavailable(`s3://${bucket}/${fullKey}`, 'written', connId, cause);
      } finally {
        storage.close();
      }
    },
    async read(address) {
      const { bucket, key } = splitAddress(address);
      const storage = connectS3(await connection(connId));
      try {
        const { Body: body } = await storage.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (body === undefined) throw new Error('the answer has no body');
        return await body.transformToByteArray();
      } catch (cause) {
        throw unavailable(address, 'read', connId, cause);
      } finally {
        storage.close();
      }
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
