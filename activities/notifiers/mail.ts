/** Notifier `mail`: sends a mail over SMTP. */
import { z } from 'zod';
import { sendMail } from '../../connections/smtp.js';
import { notifier } from '../../core/notifier.js';
import { describeEvent, titleOf } from './describe-event.js';

/** Airflow's name for it. */
const DEFAULT_CONNECTION = 'smtp_default';

const addresses = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(/[,;]/)).map((each) => each.trim()))
  .pipe(z.array(z.string().regex(/^[^\s@]+@[^\s@]+$|<[^\s@]+@[^\s@]+>$/, 'is no mail address')).min(1));

const schema = z.strictObject({
  /** A connection of type `smtp`. Default `smtp_default`. */
  connId: z.string().min(1).default(DEFAULT_CONNECTION),
  /** One address or several: a list, or separated by commas. */
  to: addresses,
  cc: addresses.optional(),
  bcc: addresses.optional(),
  /** Default: the connection's. */
  from: z.string().optional(),
  /** Default: `[airtempo] top_songs.load failed`. */
  subject: z.string().optional(),
  /** Default: the event in a few lines. */
  text: z.string().optional(),
  html: z.string().optional(),
});

/** Sends a mail. */
export const mail = notifier(
  'mail',
  async ({ args: { connId, cc = [], bcc = [], subject, text, ...rest }, event, ctx }) => {
    const message = {
      ...rest,
      cc,
      bcc,
      subject: subject ?? `[airtempo] ${titleOf(event)}`,
      text: text ?? describeEvent(event),
    };
    await sendMail(await ctx.connection(connId), message, ctx.signal);
  },
  { args: schema, defaults: { connId: DEFAULT_CONNECTION } },
);
