/** A database and a bucket of the suite's own, and loads between them in a few words. */
import { afterAll, beforeAll } from '@jest/globals';

import type { CopyResult } from '../../../connections/copy/copy.js';
import { type CopyOptionsInput, parseCopyOptions } from '../../../connections/copy/copy-options.js';
import { loadTable } from '../../../connections/copy/load-table.js';
import { createS3Source } from '../../../connections/copy/s3-source.js';
import type { CopySource } from '../../../connections/copy/source.js';
import type { WriteMode } from '../../../connections/copy/write-mode.js';
import { connectSql, type SqlRow } from '../../../connections/postgres.js';
import {
  createTestBucket,
  createTestDatabase,
  type TestBucket,
  type TestDatabase,
} from '../../support/services.js';

export interface LoadOptions {
  readonly table?: string;
  /** Key prefix in the suite's bucket. */
  readonly prefix?: string;
  readonly source?: CopySource;
  readonly columns?: readonly string[];
  readonly copy?: Partial<CopyOptionsInput>;
  readonly write?: WriteMode;
  readonly signal?: AbortSignal;
  readonly onProgress?: () => void;
}

export interface LoadScene {
  readonly database: () => TestDatabase;
  readonly bucket: () => TestBucket;
  /** The URL of a key in the suite's bucket. */
  url(key: string): string;
  /** Uploads the files below a prefix of its own and returns the prefix. */
  put(files: Readonly<Record<string, string | Uint8Array>>): Promise<string>;
  /** Loads a prefix (or another source) into `t`, replacing its rows. */
  load(options: LoadOptions): Promise<CopyResult>;
  query(text: string): Promise<readonly SqlRow[]>;
}

/** Sets up the scene around the suite's tests. */
export function createLoadScene(name: string): LoadScene {
  let database: TestDatabase | undefined;
  let bucket: TestBucket | undefined;
  let prefixes = 0;
  beforeAll(async () => {
    database = await createTestDatabase(name);
    bucket = await createTestBucket();
  });
  afterAll(async () => {
    await bucket?.drop();
    await database?.drop();
  });
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('use the scene inside tests only');
    return value;
  };
  const url = (key: string): string => `s3://${need(bucket).name}/${key}`;
  return {
    database: () => need(database),
    bucket: () => need(bucket),
    url,
    async put(files) {
      prefixes += 1;
      const prefix = `p${prefixes}/`;
      for (const [key, body] of Object.entries(files)) await need(bucket).put(prefix + key, body);
      return prefix;
    },
    async load(given) {
      const { connection } = need(database);
      const session = await connectSql(connection, { signal: given.signal });
      const options = parseCopyOptions({ format: 'json', ...given.copy });
      const from = url(given.prefix ?? '');
      try {
        return await loadTable({
          session,
          openSession: () => connectSql(connection),
          source: given.source ?? createS3Source(need(bucket).storage, { from, manifest: options.manifest }),
          table: given.table ?? 't',
          columns: given.columns,
          options,
          write: given.write ?? { kind: 'replace' },
          loadId: 'test',
          signal: given.signal,
          onProgress: given.onProgress,
        });
      } finally {
        await session.close();
      }
    },
    query: async (text) => (await need(database).session.query(text)).rows,
  };
}

/** Polls until `check` holds. */
export async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
