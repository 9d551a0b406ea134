import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from '@jest/globals';

import { createLoadScene } from './support.js';

const scene = createLoadScene('copy_memory');
const PEAK_MB = 300;

beforeAll(async () => {
  // The server keeps no more than it must: this suite is about the client.
  await scene.query('CREATE UNLOGGED TABLE t (id INTEGER)');
});

describe('memory does not grow with the data', () => {
  test.each(['lines', 'gzip', 'large rows', 'concatenated'])(
    '500 MB of %s',
    async (kind) => {
      const program = path.resolve('test/support/load-generated.ts');
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, kind], {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          AIRTEMPO_TEST_DATABASE: JSON.stringify(scene.database().connection),
        },
      });
      const seen = JSON.parse(stdout) as { rows: number; megabytes: number; peakRssMb: number };
      expect(seen.megabytes).toBeGreaterThan(490);
      expect(seen.rows).toBeGreaterThan(100);
      expect(seen.peakRssMb).toBeLessThan(PEAK_MB);
    },
    120_000,
  );
});
