/** What a call throws; fails when it does not throw. */
export function refusal(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}
