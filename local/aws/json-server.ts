/**
 * An HTTP server on loopback that speaks AWS JSON 1.1 to the unmodified AWS SDK: it checks who asks, finds the operation
 * by X-Amz-Target, and writes answers and errors as the SDK reads them. What the operations do is the service's
 * business.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AirtempoError } from '../../core/errors.js';
import type { FaultPlan } from './faults.js';
import { type Operations, WrittenJson } from './operation.js';
import { readBody } from './read-body.js';
import { ServiceError } from './service-error.js';
import { type FindAccessKey, verifySignature } from './signature.js';

export interface AwsJsonServerOptions {
  /** The name that requests are signed for, such as `redshift-data`. */
  readonly service: string;
  /** What stands before the operation in X-Amz-Target, such as `RedshiftData`. */
  readonly targetPrefix: string;
  readonly operations: Operations;
  readonly findKey: FindAccessKey;
  readonly region: string;
  /** Larger requests are refused; 1 MiB by default. */
  readonly maxBodyBytes?: number;
  /** Told about errors that no operation meant to answer; the client gets no details of them. */
  readonly onUnexpectedError?: (error: unknown, operation: string) => void;
  /** The present time; tests may move it. */
  readonly now?: () => Date;
  /** For tests only. */
  readonly faults?: FaultPlan;
}

export interface AwsJsonServer {
  readonly url: string;
  readonly port: number;
  /** Cuts what is open and frees the port. Safe to call twice. */
  stop(): Promise<void>;
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** Starts the server on 127.0.0.1; port 0 means any free one. Throws SERVICE_NOT_READY when the port is taken. */
export async function startAwsJsonServer(options: AwsJsonServerOptions, port = 0): Promise<AwsJsonServer> {
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    void answer(request, response, options, stopping.signal);
  });
  await listen(server, port, options.service);
  const taken = (server.address() as AddressInfo).port; // a TCP server that listens has an address and a port
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    stop: () =>
      (stopped ??= new Promise((resolve) => {
        stopping.abort(new Error('the server stops'));
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

function listen(server: Server, port: number, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AirtempoError(
          'SERVICE_NOT_READY',
          `The local ${service} cannot listen on 127.0.0.1:${port}: ${cause.message}. Free the port, or choose another.`,
          { cause },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Answers one request, whatever happens. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: AwsJsonServerOptions,
  stopping: AbortSignal,
): Promise<void> {
  const requestId = randomUUID();
  // The SDK corrects its own clock by it.
  response.setHeader('date', (options.now?.() ?? new Date()).toUTCString());
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has hung up')));
  try {
    const signal = AbortSignal.any([gone.signal, stopping]);
    const output = await perform(request, options, { requestId, signal });
    if (output === undefined) response.destroy();
    else send(response, requestId, 200, output);
  } catch (error) {
    if (gone.signal.aborted) return;
    const known = error instanceof ServiceError ? error : hide(error, request, options);
    const { name, message, members, status } = known;
    // Services differ in the case of "message"; the SDK reads either.
    send(response, requestId, status, { __type: name, message, Message: message, ...members });
  }
}

/** The operation's output; undefined when the answer is to be lost. */
async function perform(
  request: IncomingMessage,
  options: AwsJsonServerOptions,
  call: { readonly requestId: string; readonly signal: AbortSignal },
): Promise<object | undefined> {
  const body = await readBody(request, options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
  if (request.method !== 'POST' || request.url !== '/') {
    throw new ServiceError('UnknownOperationException', `Only POST / is served here.`, { status: 404 });
  }
  const accessKeyId = await verifySignature(
    { method: request.method, url: request.url, headers: readHeaders(request), body },
    {
      service: options.service,
      region: options.region,
      findKey: options.findKey,
      now: options.now?.() ?? new Date(),
    },
  );
  const name = readOperation(request, options.targetPrefix);
  const operation = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
  if (operation === undefined) {
    throw new ServiceError(
      'UnknownOperationException',
      `The local ${options.service} has no operation ${name || '(none)'}. It has: ${Object.keys(options.operations).join(', ')}.`,
    );
  }
  const fault = options.faults?.take(name);
  if (fault?.kind === 'error') throw fault.error;
  const output = await operation.run(parseJson(body), { accessKeyId, ...call });
  return fault === undefined ? output : undefined;
}

function readHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
}

function readOperation({ headers }: IncomingMessage, prefix: string): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' && target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : '';
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.length === 0 ? '{}' : body.toString('utf8')) as unknown;
  } catch (cause) {
    throw new ServiceError('SerializationException', 'The request is not valid JSON.', { cause });
  }
}

function hide(error: unknown, request: IncomingMessage, options: AwsJsonServerOptions): ServiceError {
  options.onUnexpectedError?.(error, readOperation(request, options.targetPrefix));
  return new ServiceError('InternalServerException', 'An internal error occurred.', {
    status: 500,
    cause: error,
  });
}

function send(response: ServerResponse, requestId: string, status: number, body: object): void {
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId });
  response.end(body instanceof WrittenJson ? body.text : JSON.stringify(body));
}
