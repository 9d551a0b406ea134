/** The two limits: Kafka's own consumer, which does nothing with the messages, and `psql \copy` of rows that are ready. */
import { KAFKA_JAVA } from '../../local/kafka/kafka-jars.js';
import { ensureJars } from '../../local/jars/ensure-jars.js';
import { requireJava } from '../../local/java.js';
import type { Connection } from '../../core/connection.js';
import path from 'node:path';

/** A program to run. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const TOOLS = {
  folder: 'kafka-tools-4.3.1-1',
  pom: '../bench/kafka/pom.xml',
  title: "Apache Kafka's measuring tools",
  size: '43 MB',
  otherwise: '',
};

/** Kafka's consumer-perf-test over the whole topic. */
export async function consumerPerformance(
  kafka: Connection,
  topic: string,
  messages: number,
): Promise<Command> {
  const java = await requireJava(KAFKA_JAVA, process.env);
  const jars = await ensureJars(TOOLS, { env: process.env });
  const broker = `${kafka.host ?? ''}:${String(kafka.port)}`;
  const jvm = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', path.join(jars, '*')];
  const tool = ['org.apache.kafka.tools.ConsumerPerformance', '--bootstrap-server', broker, '--topic', topic];
  const how = ['--num-records', String(messages), '--timeout', '60000', '--hide-header'];
  return { program: java, args: [...jvm, ...tool, ...how], env: process.env };
}

/** Its own figures: from joining to the last message, without the start of the JVM. */
export function readConsumerWallS(output: string, messages: number): number {
  const fields = (output.trim().split('\n').at(-1) ?? '').split(', ');
  const [start, end] = fields.slice(0, 2).map((text) => Date.parse(`${text.replace(' ', 'T').replace(/:(\d{3})$/, '.$1')}Z`)); // prettier-ignore
  const wallS = ((end ?? Number.NaN) - (start ?? Number.NaN)) / 1000;
  if (Number(fields[4]) < messages || !(wallS > 0)) throw new Error(`Kafka's consumer said: ${output}`);
  return wallS;
}

/** psql with one meta-command or statement. */
export function psql(postgres: Connection, command: string): Command {
  return {
    program: 'psql',
    args: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', command],
    env: {
      ...process.env,
      PGHOST: postgres.host,
      PGPORT: String(postgres.port),
      PGUSER: postgres.login,
      PGPASSWORD: postgres.password,
      PGDATABASE: postgres.schema,
    },
  };
}
