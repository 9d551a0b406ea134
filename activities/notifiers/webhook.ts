/** Notifier `webhook`: posts JSON with a `text`, as Slack, Mattermost, Rocket.Chat and many others take it. */
import { z } from 'zod';
import { resolveHttp } from '../../connections/http.js';
import { notifier } from '../../core/notifier.js';
import { describeEvent } from './describe-event.js';

const schema = z.strictObject({
  /** A connection of type `http` or `slackwebhook`. */
  connId: z.string().min(1),
  /** What the message says. Default: the event in a few lines. */
  text: z.string().optional(),
  /** Further fields of the JSON, such as Slack's `blocks`; one called `text` wins over `text`. */
  body: z.record(z.string(), z.json()).optional(),
  /** Put after the connection's address. */
  path: z.string().optional(),
});

/** Of an answer that refuses; a page of HTML helps nobody. */
const ANSWER_CHARACTERS = 200;

/** Posts `{ text, … }` to a webhook. An answer other than 2xx is a failure, and is tried again. */
export const webhook = notifier(
  'webhook',
  async ({ args, event, ctx }) => {
    const { url, headers } = resolveHttp(await ctx.connection(args.connId), args.path);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ text: args.text ?? describeEvent(event), ...args.body }),
      signal: ctx.signal,
    });
    const answer = await response.text();
    if (response.ok) return;
    throw new Error(
      `${url.host} (connection "${args.connId}") answered ${response.status}: ${answer.slice(0, ANSWER_CHARACTERS)}`,
    );
  },
  { args: schema },
);
