/** The configuration of a broker on this machine alone: one node in KRaft mode, broker and controller at once. Pure. */

export interface BrokerPlace {
  /** Where the topics are. */
  readonly dataDir: string;
  readonly port: number;
  /** The port that clients are sent to: that of a proxy in front of the broker. Default: its own. */
  readonly advertisedPort?: number | undefined;
  readonly controllerPort: number;
}

/** The text of server.properties. The same keys are in docker-compose.yml. */
export function formatServerProperties(place: BrokerPlace): string {
  const { dataDir, port, controllerPort, advertisedPort = port } = place;
  const properties: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${String(controllerPort)}`,
    listeners: `PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controllerPort)}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${String(advertisedPort)}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    // a topic appears because somebody made it, with the partitions they chose
    'auto.create.topics.enable': 'false',
    'num.partitions': 3,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // nobody else is going to join
    'group.initial.rebalance.delay.ms': 0,
    // or a broker that was killed waits nine seconds for its own former session to end
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${escapeValue(String(value))}\n`)
    .join('');
}

/** Java reads a backslash in a properties file as an escape. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\');
}
