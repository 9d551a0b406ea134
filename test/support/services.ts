/**
 * Databases and buckets of their own for suites that load data. The servers are the test run's stack; what is
 * created here is removed by the suite that asked for it.
 */
import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';

import { connectSql, type SqlSession } from '../../connections/postgres.js';
import { connectS3, type S3Storage } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import { testStack } from './stack.js';

/** The connections of the test run's Postgres and S3 server. */
export function services(): { readonly postgres: Connection; readonly s3: Connection } {
  return { postgres: testStack.postgres(), s3: testStack.s3() };
}

export interface TestDatabase {
  readonly connection: Connection;
  /** A session for looking at the database. */
  readonly session: SqlSession;
  /** Closes the session and drops the database, which fails if somebody is still connected. */
  drop(): Promise<void>;
}

/** A fresh, empty database; `name` says whose it is. */
export async function createTestDatabase(name: string): Promise<TestDatabase> {
  const database = `${name}_${randomUUID().slice(0, 8)}`;
  const { postgres } = services();
  const admin = await connectSql(postgres);
  await admin.query(`CREATE DATABASE "${database}"`);
  const connection: Connection = { ...postgres, schema: database };
  const session = await connectSql(connection);
  return {
    connection,
    session,
    drop: async () => {
      await session.close();
      // The server notices a closed socket a moment later than its client.
      await admin.query(`DROP DATABASE "${database}" WITH (FORCE)`);
      await admin.close();
    },
  };
}

export interface TestBucket {
  readonly name: string;
  readonly storage: S3Storage;
  put(key: string, body: string | Uint8Array): Promise<void>;
  /** Removes the objects, the bucket and the sockets. */
  drop(): Promise<void>;
}

/** A fresh, empty bucket. */
export async function createTestBucket(): Promise<TestBucket> {
  const name = `test-${randomUUID()}`;
  const storage = connectS3(services().s3);
  const { client } = storage;
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    storage,
    put: async (key, body) => {
      await client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: Buffer.from(body) }));
    },
    drop: async () => {
      for (;;) {
        const page = await client.send(new ListObjectsV2Command({ Bucket: name }));
        const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
        if (keys.length === 0) break;
        await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects: keys } }));
      }
      await client.send(new DeleteBucketCommand({ Bucket: name }));
      storage.close();
    },
  };
}
