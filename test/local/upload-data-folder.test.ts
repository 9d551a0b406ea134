/** Uploading to a real S3 server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { type S3Storage, connectS3 } from '../../connections/s3.js';
import { type SampleFile, createSampleData } from '../../generator/log/sample-data.js';
import { type S3Sender, type UploadProgress, uploadData } from '../../local/data-folder/upload.js';
import { testStack } from '../support/stack.js';

let storage: S3Storage;
let bucket: string;
beforeAll(() => {
  storage = connectS3(testStack.s3());
});
beforeEach(() => {
  bucket = `upload-${randomBytes(6).toString('hex')}`;
});
afterAll(() => storage.close());

const data = createSampleData({ days: 4, songs: 9 });

async function listKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.listObjects(bucket, '')) keys.push(key);
  return keys;
}

async function read(key: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of storage.openObject({ bucket, key })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* failingAfter(count: number): AsyncGenerator<SampleFile> {
  for (let index = 0; index < count; index += 1)
    yield { key: `log_data/${index}.json`, body: Buffer.from('{}') };
  throw new Error('disk failed');
}

describe('uploading data', () => {
  test('creates the bucket and puts every file under its key', async () => {
    const seen: UploadProgress[] = [];
    const progress = await uploadData(storage.client, bucket, data.files(), {
      onProgress: (one) => seen.push(one),
    });
    expect(progress).toMatchObject({ uploaded: 13, skipped: 0 });
    expect(seen.map(({ uploaded }) => uploaded)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
    const files: SampleFile[] = [];
    for await (const file of data.files()) files.push(file);
    expect(await listKeys()).toEqual(files.map(({ key }) => key).sort());
    const log = files.at(-1);
    expect(await read(log?.key ?? '')).toBe(Buffer.from(log?.body ?? []).toString());
  });

  test('again skips what is there, and replaces only what differs or is missing', async () => {
    await uploadData(storage.client, bucket, data.files());
    expect(await uploadData(storage.client, bucket, data.files())).toEqual({
      uploaded: 0,
      skipped: 13,
      bytes: 0,
    });
    const [changed, missing] = await listKeys();
    const size = (await read(changed ?? '')).length;
    await storage.client.send(new PutObjectCommand({ Bucket: bucket, Key: changed, Body: 'x'.repeat(size) }));
    await storage.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: missing }));
    expect(await uploadData(storage.client, bucket, data.files())).toMatchObject({
      uploaded: 2,
      skipped: 11,
    });
  });

  test('has no more uploads under way than asked for', async () => {
    let now = 0;
    let most = 0;
    const client = storage.client.send.bind(storage.client) as (...args: unknown[]) => Promise<unknown>;
    const send = async (...args: unknown[]): Promise<unknown> => {
      most = Math.max(most, (now += 1));
      return client(...args).finally(() => (now -= 1));
    };
    await uploadData({ send } as S3Sender, bucket, data.files(), { concurrency: 3 });
    expect(most).toBe(3);
  });

  test('fails with the first failure of the source', async () => {
    await expect(uploadData(storage.client, bucket, failingAfter(3))).rejects.toThrow('disk failed');
  });

  test('stops when it is told to', async () => {
    const controller = new AbortController();
    const onProgress = ({ uploaded }: UploadProgress): void => {
      if (uploaded === 2) controller.abort(new Error('enough'));
    };
    const options = { onProgress, concurrency: 1, signal: controller.signal };
    await expect(uploadData(storage.client, bucket, data.files(), options)).rejects.toThrow('enough');
    expect(await listKeys()).toHaveLength(2);
  });
});
