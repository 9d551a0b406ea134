/** What a connection of type kafka says. */
import { describe, expect, test } from '@jest/globals';
import { readKafkaConfig } from '../../../connections/kafka/config.js';
import { checkTopicName } from '../../../connections/kafka/topics.js';
import { parseConnection } from '../../../connections/parse-connection.js';

const read = (text: string) => readKafkaConfig(parseConnection('kafka', text));
const json = (extra: object, rest: object = {}): string =>
  JSON.stringify({ conn_type: 'kafka', ...rest, extra });

describe('a connection of type kafka', () => {
  test.each([
    ['kafka://broker', { brokers: ['broker:9092'], tls: false, sasl: undefined, clientId: 'airtempo' }],
    ['kafka://[::1]:9093', { brokers: ['[::1]:9093'] }],
    [json({ 'bootstrap.servers': 'a:1, b:2,c', 'client.id': 'me' }), { brokers: ['a:1', 'b:2', 'c:9092'], clientId: 'me' }],
    [json({ ssl: true, ssl_ca: '/ca.pem' }, { host: 'a' }), { tls: { caFile: '/ca.pem' } }],
    // a password goes through TLS, but on this machine
    ['kafka://ann:secret@broker', { tls: { caFile: undefined }, sasl: { mechanism: 'plain', username: 'ann', password: 'secret' } }],
    ['kafka://ann:secret@127.0.0.1', { tls: false }],
    ['kafka://ann:secret@broker?security_protocol=SASL_PLAINTEXT&sasl_mechanism=SCRAM-SHA-512', { tls: false, sasl: { mechanism: 'scram-sha-512' } }],
    [json({ brokers: 'a:1', 'sasl.username': 'ann', 'sasl.password': 'x', 'security.protocol': 'sasl_ssl' }), { tls: { caFile: undefined } }],
  ])('%s', (text, expected) => {
    expect(read(text)).toMatchObject(expected);
  }); // prettier-ignore

  test.each([
    ['http://broker', 'is of type http'],
    [json({}), 'names no broker'],
    [json({ brokers: 'a:1,b c:2' }), 'which is not host:port'],
    [json({ brokers: 'a:99999' }), 'which is not host:port'],
    [json({ ssl: 'yes' }, { host: 'a' }), 'neither true nor false'],
    [json({ sasl_mechanism: 'gssapi' }, { host: 'a', login: 'u', password: 'secret' }), 'gssapi'],
    [json({ sasl_mechanism: 'plain' }, { host: 'a', login: 'u' }), 'has no password'],
    [json({ security_protocol: 'sasl_ssl' }, { host: 'a' }), 'and no login'],
    [json({ security_protocol: 'tls' }, { host: 'a' }), 'use plaintext, ssl'],
  ])('refuses %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).not.toThrow('secret');
  });

  test.each(['', '.', '..', 'a b', 'ä', 'x'.repeat(250)])('refuses the topic %j', (topic) => {
    expect(() => checkTopicName(topic)).toThrow('no name of a topic');
  });
});
