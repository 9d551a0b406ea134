/** Jest's global tear-down: stops the stack of the test run and removes its data. */

export default async function globalTeardown(): Promise<void> {
  await globalThis.airtempoTestRun?.stop();
}
