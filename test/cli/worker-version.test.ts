import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDeployment } from '../workflows/support/deployment.js';
import { createCliProject, type CliProject } from '../support/cli.js';
import { finishRun } from '../support/engine.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';
import { fileURLToPath } from 'node:url';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const DEPLOYMENT = `cli-${randomUUID()}`;

const DAG_FILE = `
import { dag } from ${JSON.stringify(API)};
export default dag('versioned', {}, ({ task }) => { task('only', () => 'done'); });
`;

let workers: WorkerProject;
let project: CliProject;
beforeAll(async () => {
  const env = { AIRTEMPO_BUILD_ID: 'night-1', AIRTEMPO_DEPLOYMENT: DEPLOYMENT };
  workers = await createWorkerProject(DEPLOYMENT, DAG_FILE, env);
  project = await createCliProject();
});
afterAll(async () => {
  await workers.remove();
  await project.remove();
});

test('a worker with a build id is that version of its deployment', async () => {
  const { child, ended, output } = await workers.startWorker();
  expect(output()).toContain('night-1');
  const client = new Client({ connection: workers.connection });
  const deployment = createDeployment(client, DEPLOYMENT);
  await deployment.setCurrent('night-1');
  const handle = await client.workflow.start('versioned', { taskQueue: DEPLOYMENT, workflowId: DEPLOYMENT });
  expect((await finishRun(handle)).states).toEqual({ only: 'success' });
  expect(await deployment.buildsOf(handle)).toEqual(['night-1']);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

test('pinning runs needs a version', async () => {
  const { code, stderr } = await project.run(['worker', '--pin-runs']);
  expect(code).toBe(2);
  expect(stderr).toContain('--build-id');
});
