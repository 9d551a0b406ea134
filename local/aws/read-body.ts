/** Reads the body of a request whole, but never more of it than is allowed. */
import type { IncomingMessage } from 'node:http';

import { ServiceError } from './service-error.js';

/** The body's bytes. Throws RequestEntityTooLargeException; the rest is then read and dropped, so that an answer arrives. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > maxBytes) {
    throw new ServiceError('RequestEntityTooLargeException', `The request has more than ${maxBytes} bytes.`, {
      status: 413,
    });
  }
  return Buffer.concat(chunks);
}
