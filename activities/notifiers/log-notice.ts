/** Notifier `log_notice`: one line in the worker's log, for those whose logs are watched. */
import { z } from 'zod';
import { notifier } from '../../core/notifier.js';
import { titleOf } from './describe-event.js';

const schema = z.strictObject({
  /** Default: `error` for failures and missed deadlines, `warn` for retries, else `info`. */
  level: z.enum(['info', 'warn', 'error']).optional(),
  /** Default: the event in a line. */
  text: z.string().optional(),
});

const LEVELS = {
  on_success: 'info',
  on_skipped: 'info',
  on_retry: 'warn',
  on_failure: 'error',
  on_deadline_missed: 'error',
} as const;

/** Writes a line to the worker's log. */
export const logNotice = notifier(
  'log_notice',
  ({ args: { level, text }, event, ctx }) => {
    const { event: name, state, reason, url } = event;
    ctx.log[level ?? LEVELS[name]]({ event: name, state, reason, url }, text ?? titleOf(event));
  },
  { args: schema },
);
