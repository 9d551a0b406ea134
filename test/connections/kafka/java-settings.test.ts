/** What Kafka's client in Java is told of a connection. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { holdsPassword, readJavaSettings } from '../../../connections/kafka/java-settings.js';
import type { Connection } from '../../../core/connection.js';
import { createScratchFolder } from '../../support/scratch.js';

const kafka = (more: Partial<Connection>): Connection => ({ id: 'kafka', type: 'kafka', extra: {}, ...more });

test('of brokers alone: where they are, and nothing else', async () => {
  const settings = await readJavaSettings(kafka({ extra: { brokers: 'b-1:9092, b-2' } }));
  expect(settings).toEqual({ 'bootstrap.servers': 'b-1:9092,b-2:9092' });
  expect(holdsPassword(settings)).toBe(false);
});

test.each([
  ['plain', 'PLAIN', 'plain.PlainLoginModule'],
  ['scram-sha-512', 'SCRAM-SHA-512', 'scram.ScramLoginModule'],
])('of a login by %s: the mechanism, TLS, and the password in quotes', async (mechanism, written, module) => {
  const settings = await readJavaSettings(
    kafka({ host: 'b-1', login: 'etl', password: 'a"b\\c;', extra: { sasl_mechanism: mechanism } }),
  );
  expect(settings).toEqual({
    'bootstrap.servers': 'b-1:9092',
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': written,
    'sasl.jaas.config': `org.apache.kafka.common.security.${module} required username="etl" password="a\\"b\\\\c;";`,
  });
  expect(holdsPassword(settings)).toBe(true);
});

test('of an authority: its certificates, and where there are none the file', async () => {
  const scratch = await createScratchFolder();
  try {
    const file = path.join(scratch.dir, 'ca.pem');
    const connection = kafka({ host: 'b-1', extra: { ssl: true, ssl_ca: file } });
    await expect(readJavaSettings(connection)).rejects.toMatchObject({ code: 'INVALID_CONNECTION' });
    await writeFile(file, '-----BEGIN CERTIFICATE-----\n');
    expect(await readJavaSettings(connection)).toEqual({
      'bootstrap.servers': 'b-1:9092',
      'security.protocol': 'SSL',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': '-----BEGIN CERTIFICATE-----\n',
    });
  } finally {
    await scratch.remove();
  }
});
