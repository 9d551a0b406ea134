import { expect, test } from '@jest/globals';
import { createSkippingEnvironment } from '../support/time-skipping/environment.js';
import { ensureTimeSkippingServer } from '../support/time-skipping/ensure-time-skipping-server.js';

test('the time-skipping server lets days pass in a moment', async () => {
  const script = await ensureTimeSkippingServer();
  if (script === undefined) return; // no Java or no Maven on this machine
  const env = await createSkippingEnvironment(script);
  try {
    const before = await env.currentTimeMs();
    await env.sleep('3 days');
    expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(3 * 24 * 3_600_000);
  } finally {
    await env.teardown();
  }
}, 600_000);
