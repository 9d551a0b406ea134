/**
 * An HTTP proxy in front of an AWS-like server that goes wrong on demand: throttles, answers with errors, loses an answer
 * or holds it back. It knows calls by their action and answers in the protocol that the call was made in.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a call. */
export type Fault =
  /** The proxy answers with this error; the server behind never hears of the call. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string }
  /** The server does what it was asked for, and the line breaks before its answer arrives. */
  | { readonly kind: 'lose-answer' }
  /** The server does what it was asked for; its answer arrives when `until` has resolved. */
  | { readonly kind: 'hold-answer'; readonly until: Promise<unknown> }
  /** The server's answer arrives changed: for states that an emulator passes over. */
  | { readonly kind: 'edit-answer'; readonly edit: (text: string) => string };

export interface FaultProxy {
  readonly url: string;
  /** The actions asked for so far, oldest first: `CreateCluster`, `DescribeClusters` … */
  readonly calls: readonly string[];
  /** The body of the latest call of this action. */
  requestOf(action: string): string | undefined;
  /** Lets the next `times` calls of this action go wrong; default: every call from now on. */
  inject(action: string, fault: Fault, times?: number): void;
  /** Lets everything go well again. */
  clear(): void;
  stop(): Promise<void>;
}

/** What services say when they are asked too often. */
export const THROTTLED: Fault = { kind: 'error', status: 400, code: 'Throttling', message: 'Rate exceeded' };
export const OUT_OF_ORDER: Fault = { kind: 'error', status: 503, code: 'ServiceUnavailable' };
export const DENIED: Fault = { kind: 'error', status: 403, code: 'AccessDenied' };
export const EXPIRED: Fault = { kind: 'error', status: 403, code: 'ExpiredToken' };
/** What a client of the SDK tries by itself: so many errors reach whoever called it. */
export const SDK_ATTEMPTS = 3;

/** Starts a proxy on a free port in front of `target`, such as `http://127.0.0.1:5000`. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const calls: string[] = [];
  const requests = new Map<string, string>();
  const faults = new Map<string, { readonly fault: Fault; left: number }>();
  const takeFault = (action: string): Fault | undefined => {
    const entry = faults.get(action);
    if (entry === undefined || entry.left === 0) return undefined;
    entry.left -= 1;
    return entry.fault;
  };
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const action = readAction(request, body);
    calls.push(action);
    requests.set(action, body.toString('utf8'));
    const fault = takeFault(action);
    if (fault?.kind === 'error') return answerError(request, body, response, fault);
    const answer = await forward(target, request, body);
    if (fault?.kind === 'lose-answer') return void response.destroy();
    if (fault?.kind === 'hold-answer') await fault.until;
    const sent = fault?.kind === 'edit-answer' ? fault.edit(answer.body.toString('utf8')) : answer.body;
    response.writeHead(answer.status, answer.headers).end(sent);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls,
    requestOf: (action) => requests.get(action),
    inject: (action, fault, times = Number.POSITIVE_INFINITY) =>
      void faults.set(action, { fault, left: times }),
    clear: () => faults.clear(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `Action=` of the query protocol, the target of the JSON protocol, else method and path. */
function readAction({ headers, method, url }: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const action = isQuery(headers) ? new URLSearchParams(body.toString('utf8')).get('Action') : null;
  return action ?? `${method ?? 'GET'} ${url ?? '/'}`;
}

function isQuery(headers: IncomingMessage['headers']): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Headers that belong to one connection, or to the body as it was sent before it was unpacked. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'expect',
]);

async function forward(target: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method = 'GET', url = '/', headers } = request;
  const passed = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !NOT_PASSED_ON.has(entry[0]),
  );
  const answer = await fetch(new URL(url, target), {
    method,
    headers: passed,
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
  });
  return {
    status: answer.status,
    headers: Object.fromEntries([...answer.headers].filter(([name]) => !NOT_PASSED_ON.has(name))),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

function answerError(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { status, code, message = `injected: ${code}` }: Extract<Fault, { readonly kind: 'error' }>,
): void {
  if (!isQuery(request.headers)) {
    const text = JSON.stringify({ __type: code, message });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code });
    return void response.end(text);
  }
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  // EC2 has a form of its own
  const isEc2 = body.includes('Version=2016-11-15');
  const text = isEc2
    ? `<Response><Errors>${error}</Errors><RequestID>0</RequestID></Response>`
    : `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`;
  response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
}
