/** A mail server that keeps what it is sent. */
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { Connection } from '../../core/connection.js';

export interface MailServer {
  readonly port: number;
  readonly received: readonly ParsedMail[];
  /** A connection to it, with its login. */
  connection(id: string, overrides?: Partial<Connection>): Connection;
  stop(): Promise<void>;
}

const LOGIN = { user: 'airtempo', pass: 'the-mail-password' };

/** Starts it on a free port; it wants a login, and offers no TLS. */
export async function startMailServer(): Promise<MailServer> {
  const received: ParsedMail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === LOGIN.user && password === LOGIN.pass
        ? done(null, { user: username })
        : done(new Error('wrong user or password')),
    onData: (stream, _session, done) => {
      void simpleParser(stream).then((message) => {
        received.push(message);
        done();
      }, done);
    },
  });
  server.on('error', () => undefined); // a client that hangs up is no matter
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    received,
    connection: (id, overrides) => ({
      id,
      type: 'smtp',
      host: '127.0.0.1',
      port,
      login: LOGIN.user,
      password: LOGIN.pass,
      extra: { from: 'airtempo@example.com' },
      ...overrides,
    }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
