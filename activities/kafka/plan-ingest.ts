/** What an ingest runs on Redshift, by the example of a first batch: what `tasks render` prints. Opens no connection. */
import type { SqlStatement } from '../../connections/sql/statement.js';
import type { Connection } from '../../core/connection.js';
import { resolveCopyCredentials } from '../copy/copy-credentials.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { prepareStatement } from '../sql/statement.js';
import type { Batch } from './batch.js';
import { DEFAULT_STAGE_CONN_ID, type KafkaIngestArgs } from './ingest-args.js';
import { planIngestTables, planRedshiftBatch } from './redshift-batch.js';

const MESSAGES = 100_000;
const MOVED_AT_MS = Date.UTC(2018, 10, 2);

/** Undefined for a sink that runs no list of statements. */
export async function planKafkaIngest(
  { topic, sink }: KafkaIngestArgs,
  find: (connId: string) => Promise<Connection>,
): Promise<readonly SqlStatement[] | undefined> {
  if (sink.kind !== 'warehouse' || sink.stage === undefined) return undefined;
  const credentials = await resolveCopyCredentials(await find(sink.connId), {
    findKeys: () => find(sink.stageConnId ?? DEFAULT_STAGE_CONN_ID),
    allowInlineKeys: undefined,
  });
  const batch: Batch = {
    topic,
    from: new Map([[0, 0]]),
    to: new Map([[0, MESSAGES]]),
    chunks: [],
    rows: MESSAGES,
    messages: MESSAGES,
    deadLetters: 0,
  };
  const from = `${sink.stage.replace(/\/?$/, '/')}${topic}/batch.json.gz`;
  const { statements } = await planRedshiftBatch(batch, {
    staged: { from, credentials },
    movedAtMs: MOVED_AT_MS,
  });
  const positions = prepareStatement(await readSqlFile('kafka/select-positions.sql'), 'redshift', { topic });
  return [...(await planIngestTables()), positions, ...statements];
}
