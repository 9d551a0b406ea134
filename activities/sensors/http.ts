/**
 * The sensor `http_sensor`: waits until a web service answers as it should. Never follows a redirect to another host,
 * and reads no more of an answer than it looks at.
 */
import { z } from 'zod';
import { resolveHttp, type HttpTarget } from '../../connections/http.js';
import type { TaskContext } from '../../core/context.js';
import { AirtempoError } from '../../core/errors.js';
import { fail } from '../../core/outcome.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { messageOf } from '../../core/outside-value.js';

export interface WaitForHttpArgs {
  /** Address, http or https, without a password in it. Either this or `connId`. */
  readonly url?: string | undefined;
  /** A connection of type http: its address, headers and credentials. */
  readonly connId?: string | undefined;
  /** What comes after the connection's address. */
  readonly path?: string | undefined;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined;
  /** Sent along. They are recorded in the run's history: no secrets. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Status codes that end the wait. Default 200 to 299. */
  readonly status?: readonly number[] | undefined;
  /** Values that fields of the JSON answer must have; a path is names with dots: `{ 'job.state': 'done' }`. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  /** Status codes that say "not yet"; others fail the try. Default 404, 408, 425, 429 and 500 to 599. */
  readonly notYetStatus?: readonly number[] | undefined;
  /** How long one request may take, in milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
}

export interface WaitForHttpOutput {
  readonly status: number;
}

const status = z.array(z.int().min(100).max(599)).min(1).readonly();

const argsSchema: z.ZodType<WaitForHttpArgs> = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .refine((url = 'http://none') => {
        const { username, password } = new URL(url);
        return username === '' && password === '';
      }, 'leave the login out of the URL, and name a connection with connId'),
    method: z.enum(['GET', 'HEAD', 'POST']).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    connId: z.string().min(1).optional(),
    path: z.string().optional(),
    status: status.optional(),
    json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    notYetStatus: status.optional(),
    requestTimeoutMs: z.int().min(1).optional(),
  })
  .refine(({ url, connId }) => (url === undefined) !== (connId === undefined), 'give either url or connId')
  .refine(({ url, path }) => url === undefined || path === undefined, 'path belongs to connId');

const DEFAULT_TIMEOUT_MS = 30_000;
const MOST_REDIRECTS = 5;
const MAX_BODY_BYTES = 1024 * 1024;

/** Succeeds once status and fields are as wanted. A service that cannot be reached fails the try. */
export const waitForHttp = sensor(
  'http_sensor',
  async ({ args, ctx }: { args: WaitForHttpArgs; ctx: TaskContext }): Promise<WaitForHttpOutput | NotYet> => {
    const limit = AbortSignal.timeout(args.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS);
    const response = await request(args, ctx, AbortSignal.any([ctx.signal, limit]));
    try {
      const answer = `${nameOf(args)} answered ${String(response.status)}`;
      if (!isWanted(response.status, args)) return refuse(response.status, answer, args);
      const mismatch =
        args.json === undefined ? undefined : findMismatch(await readJson(response, answer), args.json);
      return mismatch === undefined ? { status: response.status } : notYet(`${nameOf(args)}: ${mismatch}`);
    } finally {
      await response.body?.cancel().catch(() => undefined); // read to its end, or not wanted
    }
  },
  { args: argsSchema, summary: (args) => `waits for ${nameOf(args)}` },
);

/** How messages call the service: the address of a connection may be a secret. */
function nameOf({ url, connId, path = '' }: { readonly [K in keyof WaitForHttpArgs]?: unknown }): string {
  if (typeof url === 'string') return url;
  return typeof connId === 'string' ? `${connId} ${String(path)}`.trim() : 'a web service';
}

async function request(args: WaitForHttpArgs, ctx: TaskContext, signal: AbortSignal): Promise<Response> {
  const target = await findTarget(args, ctx);
  const headers = { ...target.headers, ...args.headers };
  let { url } = target;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(url, { method: args.method ?? 'GET', headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (next.origin !== url.origin) {
      return fail(`${nameOf(args)} leads to another host, ${next.origin}: name that one if it is meant`);
    }
    if (redirects >= MOST_REDIRECTS) return fail(`${nameOf(args)} leads in a circle`);
    url = next;
  }
}

async function findTarget({ url, connId, path }: WaitForHttpArgs, ctx: TaskContext): Promise<HttpTarget> {
  if (url !== undefined) return { url: new URL(url), headers: {} };
  return resolveHttp(await ctx.connection(connId ?? ''), path); // the schema asks for one of the two
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true && (init.signal.reason as Error | undefined)?.name !== 'TimeoutError')
      throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = messageOf(cause);
    throw new AirtempoError('CONNECTION_REFUSED', `No answer from ${url.origin}: ${reason}.`, {
      cause: error,
    });
  }
}

function isWanted(code: number, { status }: WaitForHttpArgs): boolean {
  return status === undefined ? code >= 200 && code <= 299 : status.includes(code);
}

function refuse(code: number, answer: string, { notYetStatus }: WaitForHttpArgs): NotYet {
  const later = notYetStatus?.includes(code) ?? ([404, 408, 425, 429].includes(code) || code >= 500);
  if (later) return notYet(answer);
  throw new Error(
    `${answer}, which neither ends the wait nor says to come again. See the arguments status and notYetStatus.`,
  );
}

async function readJson(response: Response, answer: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`${answer} with more than ${String(MAX_BODY_BYTES)} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new Error(`${answer} with a body that is not JSON`, { cause });
  }
}

const SHOWN_CHARACTERS = 100;

/** The first field that is not as wanted, in words. */
function findMismatch(body: unknown, wanted: NonNullable<WaitForHttpArgs['json']>): string | undefined {
  for (const [path, value] of Object.entries(wanted)) {
    const found = path.split('.').reduce(read, body);
    if (found === value) continue;
    const shown = (JSON.stringify(found) ?? 'missing').slice(0, SHOWN_CHARACTERS);
    return `${path} is ${shown}, not ${JSON.stringify(value)}`;
  }
  return undefined;
}

function read(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isObject ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
