/** Looks for what should be gone once the work is done: open workflows, sessions, temporary tables, half an upload, processes. */
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Client } from '@temporalio/client';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import { listProcesses } from '../../local/processes.js';
import { waitUntil } from '../../local/wait-until.js';
import { BUCKET, LAKE_BUCKET, type SoakData } from '../data.js';
import { queryText } from './read-tables.js';

/** A stream is stopped by cancelling it. What is left of the claim of a backfill that has ended is terminated by the next backfill, if that is quicker. */
const GOOD_ENDS: Readonly<Record<string, string>> = {
  kafka_stream: 'CANCELLED',
  backfill_claim: 'TERMINATED',
};

/** Workflows that still run, and those that did not end well. */
export async function findWorkflows(client: Client): Promise<readonly string[]> {
  const found: string[] = [];
  const query = 'ExecutionStatus != "Completed" AND ExecutionStatus != "ContinuedAsNew"';
  for await (const { workflowId, type, status } of client.workflow.list({ query })) {
    if (GOOD_ENDS[type] === status.name) continue;
    found.push(`workflow ${workflowId} of type ${type} is ${status.name}`);
  }
  return found;
}

const LEFT_IN_DATABASE: Readonly<Record<string, string>> = {
  session:
    "SELECT pid, application_name, state, query FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'chaos'",
  'prepared transaction': 'SELECT gid, prepared FROM pg_prepared_xacts',
  'temporary table': "SELECT relname FROM pg_class WHERE relpersistence = 't'",
  'advisory lock': "SELECT pid, objid FROM pg_locks WHERE locktype = 'advisory'",
};

/** The server notices a closed socket a moment later than its client. */
const PATIENCE_MS = 10_000;

/** What is left in the database when no worker runs, and does not go within the time. */
export async function findInDatabase(
  connection: Connection,
  patienceMs = PATIENCE_MS,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [what, sql] of Object.entries(LEFT_IN_DATABASE)) {
    let rows = await queryText(connection, sql);
    await waitUntil(
      async () => {
        rows = await queryText(connection, sql);
        return rows.length === 0;
      },
      { timeoutMs: patienceMs, intervalMs: 200 },
    );
    found.push(...rows.map((row) => `${what} in the database: ${JSON.stringify(row)}`));
  }
  return found;
}

/** What a lake of events consists of. */
const LAKE_KEY =
  /^kafka\/(events\/date=\d{4}-\d\d-\d\d\/part-0\.parquet|events\/_schema\.json|_positions\/events\.json)$/;

/** Objects that nobody is meant to have written, input that is gone, and uploads that were never finished. */
export async function findInBuckets(connection: Connection, data: SoakData): Promise<readonly string[]> {
  const storage = connectS3(connection);
  const { client } = storage;
  const list = async (Bucket: string): Promise<readonly string[]> => {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ;) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      ContinuationToken = page.NextContinuationToken;
      if (ContinuationToken === undefined) return keys;
    }
  };
  try {
    const uploads = await Promise.all(
      [BUCKET, LAKE_BUCKET].map(
        async (Bucket) => (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [],
      ),
    );
    const input = new Set([...data.songs.keys(), ...data.days.map(({ key }) => key)]);
    const found = await list(BUCKET);
    const lake = await list(LAKE_BUCKET);
    return [
      ...uploads.flat().map(({ Key }) => `an upload of ${Key ?? ''} that was never finished`),
      ...[...input].filter((key) => !found.includes(key)).map((key) => `the input ${key} is gone`),
      ...found.filter((key) => !input.has(key)).map((key) => `an object ${key} beside the input`),
      ...lake.filter((key) => !LAKE_KEY.test(key)).map((key) => `an object ${key} in the lake`),
    ];
  } finally {
    storage.close();
  }
}

/** Processes that work in one of the folders, or on one. */
export async function findProcesses(folders: readonly string[]): Promise<readonly string[]> {
  const processes = await listProcesses();
  return processes
    .filter(({ pid }) => pid !== process.pid)
    .filter(({ commandLine, cwd = '' }) =>
      folders.some((folder) => commandLine.includes(folder) || cwd.startsWith(folder)),
    )
    .map(({ pid, commandLine }) => `process ${String(pid)} is left: ${commandLine.slice(0, 200)}`);
}
