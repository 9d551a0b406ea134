/** The jars that PySpark lacks for S3 and Kafka. */
import type { JarsSpec } from '../jars/ensure-jars.js';

export const SPARK_JARS: JarsSpec = {
  folder: 'spark-jars-3.5.7-1',
  pom: 'spark/pom.xml',
  title: 'the jars of Spark for S3 and Kafka',
  size: '15 MB',
  otherwise: ', or use a Spark of your own: a connection of type spark with extra.spark_home',
};
