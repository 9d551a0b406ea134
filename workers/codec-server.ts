/**
 * The codec server: decrypts payloads for the Web UI and the `temporal` command, and encrypts what is typed there. Temporal's
 * protocol: POST /decode and /encode with `{"payloads": […]}` in protobuf's JSON form
 * (https://docs.temporal.io/codec-server). Whoever reaches it reads everything, so it listens on loopback unless told otherwise.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';

export interface CodecServerOptions {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Origins of Web UIs, such as `http://127.0.0.1:8233`. */
  readonly origins: readonly string[];
}

export interface CodecServer {
  readonly url: string;
  close(): Promise<void>;
}

/** More than a page of a history. */
const MOST_BYTES = 32 * 2 ** 20;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const bodySchema = z.object({
  payloads: z.array(
    z.object({ metadata: z.record(z.string(), base64).default({}), data: base64.optional() }),
  ),
});

/** Serves until it is closed. Rejects when the port is taken. */
export async function startCodecServer(
  codec: PayloadCodec,
  options: CodecServerOptions,
): Promise<CodecServer> {
  const server = createServer((request, response) => void answer(request, response, codec, options.origins));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port, family } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`,
    close: () => closeServer(server),
  };
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  codec: PayloadCodec,
  origins: readonly string[],
): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && !origins.includes(origin))
    return end(response, 403, 'This origin is not allowed.');
  if (origin !== undefined) allowOrigin(response, origin);
  if (request.method === 'OPTIONS') return end(response, 204);
  const work = request.url === '/decode' ? 'decode' : request.url === '/encode' ? 'encode' : undefined;
  if (work === undefined || request.method !== 'POST') return end(response, 404, 'POST /decode or /encode.');
  // what a page may send without asking first is refused
  if (request.headers['content-type']?.startsWith('application/json') !== true) {
    return end(response, 415, 'Send application/json.');
  }
  try {
    const { payloads } = bodySchema.parse(JSON.parse(await readBody(request)));
    const worked = await codec[work](
      payloads.map(({ metadata, data }) => ({ metadata, data: data ?? null })),
    );
    response.setHeader('content-type', 'application/json');
    end(response, 200, JSON.stringify({ payloads: worked.map(toJson) }));
  } catch (error) {
    end(
      response,
      400,
      error instanceof z.ZodError || error instanceof SyntaxError ? 'No payloads.' : String(error),
    );
  }
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
  response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
  response.setHeader('vary', 'origin');
}

function end(response: ServerResponse, status: number, text = ''): void {
  response.statusCode = status;
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES) throw new Error('That is too long.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toJson({ metadata, data }: Payload): object {
  const encoded = Object.entries(metadata ?? {}).map(([key, value]) => [key, encodeBase64(value)]);
  return { metadata: Object.fromEntries(encoded) as object, data: encodeBase64(data) };
}

const encodeBase64 = (bytes: Uint8Array | null | undefined): string =>
  Buffer.from(bytes ?? []).toString('base64');
