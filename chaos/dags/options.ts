/** How tasks are tried here: often and soon, so that outages of seconds are outlasted, and none hangs for longer than one of them. Defines no DAG. */
export const PATIENT = {
  retries: 1_000,
  retryDelay: '1s',
  heartbeatTimeout: '5s',
  executionTimeout: '1m',
} as const;
