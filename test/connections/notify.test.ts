/** Connections of notifiers: where a webhook leads, and how mail is sent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveHttp } from '../../connections/http.js';
import { collectSecrets, maskConnection } from '../../connections/mask.js';
import { parseConnection } from '../../connections/index.js';
import { sendMail, verifySmtp } from '../../connections/smtp.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';

describe('a webhook', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['Airflow’s Slack connection', '{"conn_type":"slackwebhook","host":"https://hooks.slack.com/services","password":"T0/B0/x"}', 'https://hooks.slack.com/services/T0/B0/x', {}],
    ['a token alone', 'slackwebhook://:T0%2FB0%2Fx@', 'https://hooks.slack.com/services/T0/B0/x', {}],
    ['a whole address as its secret', '{"conn_type":"slackwebhook","password":"https://chat.example.com/hooks/x"}', 'https://chat.example.com/hooks/x', {}],
    ['a host of http', '{"conn_type":"http","host":"api.example.com","extra":{"endpoint":"/hooks/1"}}', 'https://api.example.com/hooks/1', {}],
    ['a port without TLS', 'http://localhost:8080', 'http://localhost:8080/', {}],
    ['a token', '{"conn_type":"http","host":"https://api.example.com","password":"tok"}', 'https://api.example.com/', { authorization: 'Bearer tok' }],
    ['a login', 'http://me:pw@api.example.com:8443/https', 'https://api.example.com:8443/', { authorization: 'Basic bWU6cHc=' }],
    ['headers', '{"conn_type":"http","host":"h","port":1,"extra":{"headers":{"X-Key":"k"}}}', 'http://h:1/', { 'x-key': 'k' }],
  ])('of %s', (_, text, url, headers) => {
    expect(resolveHttp(parseConnection('hook', text))).toEqual({ url: new URL(url), headers });
  }); // prettier-ignore

  test.each<[string, string, string]>([
    ['another type', 'postgres://h', 'is of type postgres, and http or slackwebhook is needed here'],
    ['no host', '{"conn_type":"http"}', 'has no host'],
    ['an address that is none', '{"conn_type":"slackwebhook","password":"https://"}', 'has no valid address'],
    [
      'headers that are none',
      '{"conn_type":"http","host":"h","extra":{"headers":"X-Key: k"}}',
      'no texts by name',
    ],
  ])('of %s is refused', (_, text, message) => {
    expect(() => resolveHttp(parseConnection('hook', text))).toThrow(message);
  });

  test('is a secret as a whole when its token is in the host', () => {
    const connection = parseConnection('hook', '{"conn_type":"slackwebhook","host":"https://hooks.slack.com/services/T0/B0/x"}');
    expect(resolveHttp(connection).url.href).toBe('https://hooks.slack.com/services/T0/B0/x');
    expect(maskConnection(connection).host).toBe('***');
    expect(collectSecrets(connection)).toEqual(['https://hooks.slack.com/services/T0/B0/x']);
  }); // prettier-ignore
});

describe('mail', () => {
  const message = { to: ['a@example.com'], subject: 'hello', text: 'a line' };
  let server: MailServer;
  beforeAll(async () => {
    server = await startMailServer();
  });
  afterAll(() => server.stop());

  test('is sent to everybody, from the connection’s sender or another', async () => {
    await sendMail(server.connection('smtp'), { ...message, cc: ['b@example.com'], html: '<b>a line</b>' });
    await sendMail(server.connection('smtp'), { ...message, from: 'night@example.com' });
    expect(server.received.map(({ from }) => from?.text)).toEqual([
      'airtempo@example.com',
      'night@example.com',
    ]);
    expect(server.received[0]).toMatchObject({ subject: 'hello', html: '<b>a line</b>' });
    expect([server.received[0]?.cc].flat().map((cc) => cc?.text)).toEqual(['b@example.com']);
  });

  test('is tried without being sent', async () => {
    await expect(verifySmtp(server.connection('smtp'))).resolves.toBe(true);
  });

  test.each<[string, Parameters<MailServer['connection']>[1], string, string]>([
    [
      'a wrong password',
      { password: 'guess' },
      'ACCESS_DENIED',
      'The login was refused by the mail server 127.0.0.1',
    ],
    ['no server', { port: 1 }, 'CONNECTION_REFUSED', 'No way to the mail server 127.0.0.1:1'],
    [
      'STARTTLS where there is none',
      { extra: { from: 'a@b', starttls: true } },
      'CONNECTION_REFUSED',
      'No way to',
    ],
    ['no sender', { extra: {} }, 'INVALID_CONNECTION', 'has no sender: set its extra "from"'],
    [
      'a flag that is none',
      { extra: { from: 'a@b', ssl: 'perhaps' } },
      'INVALID_CONNECTION',
      'neither true nor false',
    ],
    ['another type', { type: 'http' }, 'INVALID_CONNECTION', 'is of type http, and smtp is needed here'],
  ])('with %s fails with the reason', async (_, overrides, code, text) => {
    await expect(sendMail(server.connection('smtp', overrides), message)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  test('understands Airflow’s extras', async () => {
    const extra = { from_email: 'airflow@example.com', disable_tls: true, disable_ssl: 'true' };
    await sendMail(server.connection('smtp', { extra }), message);
    expect(server.received.at(-1)?.from?.text).toBe('airflow@example.com');
  });
});
