import { expect, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ensureTimeSkippingServer } from '../support/time-skipping/ensure-time-skipping-server.js';

test('the time-skipping server lets days pass in a moment', async () => {
  const script = await ensureTimeSkippingServer();
  if (script === undefined) return; // no Java or no Maven on this machine
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: script } },
  });
  try {
    const before = await env.currentTimeMs();
    await env.sleep('3 days');
    expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(3 * 24 * 3_600_000);
  } finally {
    await env.teardown();
  }
}, 600_000);
