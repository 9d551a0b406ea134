/** A place in S3 as a setting names it: `s3://bucket/prefix?conn=aws_credentials`. Knows nothing of what is kept there. */
import type { S3Storage } from '../connections/s3.js';
import type { Connection } from '../core/connection.js';

/** A bucket, a prefix in it, and the way there. */
export interface S3Place {
  readonly bucket: string;
  readonly connId: string;
  /** The full key of something kept here. */
  readonly keyOf: (name: string) => string;
  /** Connects for the length of `work`: keys may rotate while a worker lives. */
  readonly withStorage: <T>(work: (storage: S3Storage) => Promise<T>) => Promise<T>;
}

/** Whether a setting names a place in S3, rather than a folder. */
export function isS3Place(place: string): boolean {
  return place.startsWith('s3://');
}

/** Reads the setting. Opens nothing. */
export function parseS3Place(place: string, connection: (connId: string) => Promise<Connection>): S3Place {
  const url = new URL(place);
  const prefix = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  const connId = url.searchParams.get('conn') ?? 'aws_credentials';
  return {
    bucket: url.host,
    connId,
    keyOf: (name) => (prefix === '' ? name : `${prefix}/${name}`),
    async withStorage(work) {
      const { connectS3 } = await import('../connections/s3.js');
      const storage = connectS3(await connection(connId));
      try {
        return await work(storage);
      } finally {
        storage.close();
      }
    },
  };
}
