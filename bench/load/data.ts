/** Puts the benchmark's rows where the two sides read them: JSON into S3, CSV into files. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import { type BaseData, renderEventsCsv, renderSongsCsv, shiftEvents } from './events.js';

export interface DataOptions {
  readonly s3: Connection;
  readonly bucket: string;
  /** For the CSV files. */
  readonly dir: string;
  readonly events: number;
  readonly gzip: boolean;
  /** Whether the JSON files are written into `dir` as well. */
  readonly keepJson: boolean;
}

export interface BenchData {
  readonly eventsCsv: string;
  readonly songsCsv: string;
  /** Size of the events as JSON, uncompressed. */
  readonly jsonBytes: number;
}

/** Writes `events` events, copy by copy, and the songs. */
export async function writeBenchData(base: BaseData, options: DataOptions): Promise<BenchData> {
  const { bucket, dir, gzip, keepJson } = options;
  const folders = keepJson ? ['log_data', 'song_data'] : [''];
  for (const folder of folders) await mkdir(path.join(dir, folder), { recursive: true });
  const s3 = connectS3(options.s3);
  await s3.client.send(new CreateBucketCommand({ Bucket: bucket }));
  const put = async (key: string, text: string): Promise<void> => {
    if (keepJson) await writeFile(path.join(dir, key), text);
    const object = gzip ? { Key: `${key}.gz`, Body: gzipSync(text) } : { Key: key, Body: Buffer.from(text) };
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, ...object }));
  };
  const eventsCsv = path.join(dir, 'events.csv');
  const songsCsv = path.join(dir, 'songs.csv');
  const csv = createWriteStream(eventsCsv);
  let jsonBytes = 0;
  for (let copy = 0, left = options.events; left > 0; copy += 1) {
    const events = shiftEvents(base.events, copy).slice(0, left);
    left -= events.length;
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    jsonBytes += Buffer.byteLength(text);
    await put(`log_data/${String(copy).padStart(6, '0')}.json`, text);
    if (!csv.write(renderEventsCsv(events))) await once(csv, 'drain');
  }
  csv.end();
  await once(csv, 'close');
  for (const [index, song] of base.songs.entries()) await put(`song_data/${String(index)}.json`, song);
  await writeFile(songsCsv, renderSongsCsv(base.songs));
  s3.close();
  return { eventsCsv, songsCsv, jsonBytes };
}
