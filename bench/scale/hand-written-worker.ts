/** The limit's worker, as a process of its own: workflows written by hand, and an activity that does nothing. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  taskQueue: 'hand-written',
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../support/hand-written.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  }),
  activities: { noop: () => Promise.resolve(null) },
  maxCachedWorkflows: 300, // as our worker
  maxConcurrentActivityTaskExecutions: 100,
});
const running = worker.run();
console.log('worker started');
await running;
await connection.close();
