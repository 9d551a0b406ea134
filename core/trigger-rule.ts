/** Trigger rules: when a task may run, given the states of its direct upstream. Pure. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'all_done_min_one_success',
  'all_done_setup_success',
  'always',
] as const;

export type TriggerRule = (typeof TRIGGER_RULES)[number];
