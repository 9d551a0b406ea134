/** A local Redshift Data API on a database and a bucket of its own, with the client that a person would use. */
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';

import { createFaultQueue, type FaultQueue } from '../../local/aws/faults.js';
import type { AwsJsonServer } from '../../local/aws/json-server.js';
import { type RedshiftDataApiOptions, startRedshiftDataApi } from '../../local/redshift-data-api/server.js';
import { LOCAL_TARGETS } from '../../local/redshift-data-api/target.js';
import type { RedshiftDataSubject } from '../contract/redshift-data.js';
import {
  createTestBucket,
  createTestDatabase,
  services,
  type TestBucket,
  type TestDatabase,
} from './services.js';

/** Who may call: two people. */
export const DATA_API_KEYS = {
  AKIAFIRST: { secretAccessKey: 'the first secret' },
  AKIASECOND: { secretAccessKey: 'the second secret' },
} as const;

export interface TestDataApi extends RedshiftDataSubject {
  readonly server: AwsJsonServer;
  readonly database: TestDatabase;
  readonly bucket: TestBucket;
  readonly faults: FaultQueue;
  /** A client of one of the two, or of somebody else. */
  connect(accessKeyId: string, secretAccessKey?: string, maxAttempts?: number): RedshiftDataClient;
}

export async function startTestDataApi(options: Partial<RedshiftDataApiOptions> = {}): Promise<TestDataApi> {
  const database = await createTestDatabase('data_api');
  const bucket = await createTestBucket();
  const faults = createFaultQueue();
  const keys = new Map<string, { secretAccessKey: string }>(Object.entries(DATA_API_KEYS));
  const server = await startRedshiftDataApi({
    ...services(),
    region: 'us-east-1',
    findKey: (id) => keys.get(id),
    faults,
    ...options,
  });
  const clients: RedshiftDataClient[] = [];
  const connect: TestDataApi['connect'] = (accessKeyId, secretAccessKey, maxAttempts = 1) => {
    const client = new RedshiftDataClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: {
        accessKeyId,
        secretAccessKey: secretAccessKey ?? keys.get(accessKeyId)?.secretAccessKey ?? 'none',
      },
      maxAttempts,
    });
    clients.push(client);
    return client;
  };
  return {
    server,
    database,
    bucket,
    faults,
    connect,
    client: connect('AKIAFIRST'),
    target: {
      ClusterIdentifier: LOCAL_TARGETS.clusterIdentifier,
      Database: String(database.connection.schema),
      DbUser: 'awsuser',
    },
    copy: {
      bucket: bucket.name,
      authorization: 'IAM_ROLE default',
      put: (key, body) => bucket.put(key, body),
    },
    async stop() {
      for (const client of clients) client.destroy();
      await server.stop();
      await bucket.drop();
      await database.drop();
    },
  };
}
