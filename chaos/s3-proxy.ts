/** An HTTP proxy in front of an S3 server that answers wrongly, late or never. It changes nothing that a signature covers. */
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** What happens to requests: see the deeds of the same names in plan.ts. */
export type S3Mood = 'pass' | 'refuse' | 'ignore' | 'lose';

export interface S3Proxy {
  setMood(mood: S3Mood): void;
  /** How many requests met each mood. */
  readonly requests: Readonly<Record<S3Mood, number>>;
  stop(): Promise<void>;
}

const REFUSALS = [
  { status: 500, code: 'InternalError' },
  { status: 503, code: 'SlowDown' },
] as const;

/** Listens on `port` of loopback in front of `targetPort`. */
export async function startS3Proxy(port: number, targetPort: number): Promise<S3Proxy> {
  const requests: Record<S3Mood, number> = { pass: 0, refuse: 0, ignore: 0, lose: 0 };
  // no kept connections: each would be one that the server's death breaks without anybody having asked for it
  const agent = new Agent({ keepAlive: false });
  let mood: S3Mood = 'pass';
  const server = createServer((incoming, response) => {
    requests[mood] += 1;
    incoming.on('error', () => undefined);
    response.on('error', () => undefined);
    if (mood === 'refuse') return refuse(incoming, response, REFUSALS[requests.refuse % 2 === 0 ? 0 : 1]);
    if (mood === 'ignore') return void incoming.resume();
    forward(incoming, response, { port: targetPort, agent, isLost: mood === 'lose' });
  });
  server.requestTimeout = 0; // who never answers waits for ever, too
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    setMood: (next) => {
      mood = next;
    },
    requests,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

function refuse(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, code }: (typeof REFUSALS)[number],
): void {
  incoming.resume();
  incoming.once('end', () => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>injected</Message></Error>`);
  });
}

interface Forwarding {
  readonly port: number;
  readonly agent: Agent;
  /** Whether the answer is thrown away. */
  readonly isLost: boolean;
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { port, agent, isLost }: Forwarding,
): void {
  const { method, url: path, rawHeaders } = incoming;
  const passed = request({ host: '127.0.0.1', port, agent, method, path, headers: rawHeaders }, (answer) => {
    if (isLost) {
      answer.resume();
      answer.once('close', () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  passed.on('continue', () => response.writeContinue());
  response.on('close', () => passed.destroy());
  incoming.pipe(passed);
}
