/** One run of our side, as a process of its own: S3 → COPY → star. Prints "loaded" between the two. */
import { copyFromS3 } from '../../activities/copy-from-s3.js';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { createContext } from './context.js';
import { starTransactions } from './star.js';

export interface OursInput {
  readonly postgres: Connection;
  readonly s3: Connection;
  readonly bucket: string;
}

/** Runs the operators that the DAG runs, and reports the peak memory. */
export async function runOurs({ postgres, s3, bucket }: OursInput): Promise<void> {
  const ctx = createContext({ postgres, aws_credentials: s3 });
  const copy = (table: string, folder: string, options: object): Promise<unknown> =>
    copyFromS3({
      args: { connId: 'postgres', table, from: `s3://${bucket}/${folder}/`, format: 'json', ...options },
      ctx,
    });
  await copy('staging_events', 'log_data', { ignoreCase: true, timeFormat: 'epochmillisecs' });
  await copy('staging_songs', 'song_data', {});
  process.stdout.write('loaded\n');
  const session = await connectSql(postgres);
  for (const statements of await starTransactions()) {
    await session.transact(statements);
  }
  await session.close();
  process.stdout.write(`peak ${String(process.resourceUsage().maxRSS / 1024)}\n`);
}
