/** A Spark job of a command: what it says is heard, and the reason for which it refuses its data is the error's. */
import { expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { runSparkHere } from '../../local/spark/run-here.js';
import { createScratchFolder } from '../support/scratch.js';

/** A real spark-submit without a session: it starts in seconds. */
const JOB = `
import sys
print("split 1/3", file=sys.stderr, flush=True)
print('{"not": "for people"}', flush=True)
print("error: the features are of nobody", file=sys.stderr, flush=True)
sys.exit(2)
`;

it('tells how far a job is, and why it refuses its data', async () => {
  const { dir, remove } = await createScratchFolder();
  const file = path.join(dir, 'job.py');
  await writeFile(file, JOB);
  const heard: string[] = [];
  const ran = runSparkHere(await ensureSpark(), { file, args: [], onLine: (line) => heard.push(line) });
  await expect(ran).rejects.toMatchObject({
    code: 'CHECK_FAILED',
    message: 'the features are of nobody.',
  });
  expect(heard).toContain('split 1/3');
  expect(heard.filter((line) => line.startsWith('{'))).toEqual([]);
  await remove();
}, 300_000);
