/**
 * Mail for a task whose last try failed, and none for tries between, as the Sparkify projects have it. It goes to the
 * addresses in the variable `alert_mail`, over the connection `smtp_default`; without the variable nobody is told.
 */
import { mail } from '../activities/notifiers/mail.js';
import type { Callback } from '../index.js';

export const mailOnFailure: Callback = async (input) => {
  const to = await input.ctx.variable('alert_mail', { fallback: '' });
  if (to !== '') await mail({ to })(input);
};
