/**
 * One throw-away stack (Temporal, Postgres, S3) for a whole test run. Suites isolate themselves inside it: a
 * database, a bucket, a task queue each.
 */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCredentials } from '../../local/credentials.js';
import { stopLeftovers } from '../../local/leftovers.js';
import { readLockHolder } from '../../local/lock.js';
import { throttleProgress } from '../../local/progress.js';
import { startStack } from '../../local/stack.js';
import { stackFiles } from '../../local/stack-state.js';
import { buildWorkflowBundle } from '../../workers/workflow-bundle.js';

const PREFIX = 'airtempo-test-';

/** A stack for one test run, in a folder of its own. */
export interface TestRun {
  /** What the suites need to know, as environment variables. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startTestRun(): Promise<TestRun> {
  await removeAbandoned();
  const dir = await mkdtemp(path.join(tmpdir(), PREFIX));
  const stack = await startStack({
    dir,
    durable: false,
    ports: { temporal: 0, temporalUi: 0, postgres: 0, s3: 0 },
    // silent as long as nothing takes long: only a first build or download is worth a line
    onProgress: throttleProgress(({ message, elapsedMs }) => {
      if (elapsedMs > 5000) process.stderr.write(`${message}\n`);
    }),
  });
  const bundlePath = path.join(dir, 'workflow-bundle.js');
  await writeFile(bundlePath, (await buildWorkflowBundle()).code);
  return {
    env: {
      AIRTEMPO_TEST_BUNDLE: bundlePath,
      AIRTEMPO_TEST_TEMPORAL: stack.temporal.address,
      AIRTEMPO_TEST_UI: stack.temporal.uiUrl,
      AIRTEMPO_TEST_POSTGRES: JSON.stringify(stack.postgres),
      AIRTEMPO_TEST_S3: JSON.stringify(stack.s3),
    },
    stop: async () => {
      await stack.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A test run that was killed leaves services and 40 MB of data behind; the next run clears them away. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const dir = path.join(tmpdir(), name);
    const used = (await readLockHolder(stackFiles.lock(dir)).catch(() => undefined)) !== undefined;
    // Without credentials another run may be about to start there.
    if (used || (await readCredentials(dir).catch(() => undefined)) === undefined) continue;
    await stopLeftovers(dir);
    await rm(dir, { recursive: true, force: true });
  }
}
