/** Whether brokers answer. */
import type { Connection } from '../../core/connection.js';
import { createKafkaClient } from './client.js';
import { explainKafkaError } from './errors.js';

/**
 * Signs in and asks who leads. One try, so that the caller decides about others.
 * @throws AirtempoError INVALID_CONNECTION, ACCESS_DENIED, CONNECTION_REFUSED, KAFKA_UNAVAILABLE
 */
export async function pingKafka(connection: Connection): Promise<boolean> {
  const client = await createKafkaClient(connection, { retries: 0 });
  const admin = client.admin();
  try {
    await admin.connect();
    const { controller } = await admin.describeCluster();
    return controller !== null;
  } catch (error) {
    throw explainKafkaError(connection, 'Signing in to Kafka', error);
  } finally {
    await admin.disconnect();
  }
}
