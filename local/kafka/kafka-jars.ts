/** Apache Kafka itself, from Maven Central. */
import type { JarsSpec } from '../jars/ensure-jars.js';
import type { JavaNeed } from '../java.js';

export const KAFKA_JARS: JarsSpec = {
  folder: 'kafka-4.3.1-1',
  pom: 'kafka/pom.xml',
  title: 'Apache Kafka 4.3.1',
  size: '43 MB',
  otherwise: ', or use a broker of your own: a connection of type kafka',
};

export const KAFKA_JAVA: JavaNeed = {
  program: 'The Kafka broker',
  isFit: (version) => version >= 17,
  versions: 'Java 17 or later',
};
