/** Brings a step's logs to where EMR keeps them: LogUri/<cluster>/steps/<step>/, gzipped. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import type { Cluster, Step } from './cluster.js';
import { stepLogFiles } from './step-process.js';

const compress = promisify(gzip);

/** The folder of a step's logs, with a slash at its end; undefined when the cluster archives none. */
export function stepLogUri(cluster: Cluster, step: Step): string | undefined {
  if (cluster.logUri === undefined) return undefined;
  return `${cluster.logUri.replace(/\/*$/, '')}/${cluster.id}/steps/${step.id}/`;
}

/** Puts `controller`, `stderr` and `stdout` of a step that has ended on S3. `controller` says how the step was run. */
export async function archiveStepLogs(
  s3: Connection,
  uri: string,
  folder: string,
  controller: string,
): Promise<void> {
  const [, bucket, prefix] = /^s3[an]?:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  if (bucket === undefined || prefix === undefined) return;
  const files = stepLogFiles(folder);
  const texts = {
    controller: Buffer.from(controller),
    stderr: await readFile(files.stderr).catch(() => Buffer.alloc(0)),
    stdout: await readFile(files.stdout).catch(() => Buffer.alloc(0)),
  };
  const storage = connectS3(s3);
  try {
    for (const [name, text] of Object.entries(texts)) {
      const Body = await compress(text);
      await storage.client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${name}.gz`, Body }));
    }
  } finally {
    storage.close();
  }
}

/** The line that best tells why a job failed, from what it wrote: the last one that reads like an error. */
export function summarizeFailure(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) =>
    /^(error: |Exception in thread|Caused by:|[\w.]+(Error|Exception)\b)/.test(line),
  );
  return (telling.at(-1) ?? lines.findLast((line) => line !== '') ?? '').slice(0, 500);
}
