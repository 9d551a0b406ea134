/** The four services, each as processes that can be killed, behind proxies that can go wrong. It decides nothing. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pRetry from 'p-retry';
import type { Connection } from '../core/connection.js';
import { startKillable, type Killable } from '../test/support/killable-service.js';
import { SERVICES, type Service } from './plan.js';
import { createPortChooser } from './ports.js';
import { startS3Proxy, type S3Proxy } from './s3-proxy.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** Where something is found: through the proxies by those who are tried, straight by those who look on. */
export interface Endpoints {
  /** `host:port`. */
  readonly temporal: string;
  readonly postgres: Connection;
  readonly s3: Connection;
  readonly kafka: Connection;
}

export interface Services {
  readonly proxied: Endpoints;
  readonly direct: Endpoints;
  /** The folder of the S3 server's buckets. */
  readonly s3Folder: string;
  readonly proxies: Readonly<Record<Service, TcpProxy>>;
  readonly s3Proxy: S3Proxy;
  kill(service: Service): Promise<void>;
  restart(service: Service): Promise<void>;
  stop(): Promise<void>;
}

/** A killed Postgres is refused its memory for a moment, until the last of its children has noticed. */
const RESTARTS = { retries: 10, minTimeout: 500, factor: 1 };

/** Starts everything below `dir`. */
export async function startServices(dir: string): Promise<Services> {
  const choosePort = createPortChooser();
  const ports = { temporal: 0, temporalUi: 0, postgres: 0, s3: 0, kafka: 0 };
  const front = { temporal: 0, postgres: 0, s3: 0, kafka: 0 };
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await choosePort();
  for (const name of SERVICES) front[name] = await choosePort();
  const httpPort = await choosePort();
  const running = new Map<Service, Killable<Service>>();
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.splice(0).map((one) => one()));
  };
  const start = async <S extends Service>(name: S): Promise<Killable<S>> => {
    const folder = path.join(dir, name);
    await mkdir(folder, { recursive: true });
    const service = await startKillable(name, { dir: folder, ports, kafkaAdvertisedPort: front.kafka });
    running.set(name, service);
    stops.push(() => service.stop());
    return service;
  };
  try {
    const proxy = async (name: Service, to: number): Promise<TcpProxy> => {
      const started = await startTcpProxy(front[name], to);
      stops.push(() => started.stop());
      return started;
    };
    const proxies = {
      temporal: await proxy('temporal', ports.temporal),
      postgres: await proxy('postgres', ports.postgres),
      s3: await proxy('s3', httpPort),
      kafka: await proxy('kafka', ports.kafka),
    };
    const s3Proxy = await startS3Proxy(httpPort, ports.s3);
    stops.push(() => s3Proxy.stop());
    const [postgres, s3, kafka] = await Promise.all([
      start('postgres'),
      start('s3'),
      start('kafka'),
      start('temporal'),
    ]);
    const describe = (at: Readonly<Record<Service, number>>): Endpoints => ({
      temporal: `127.0.0.1:${String(at.temporal)}`,
      postgres: { ...postgres.endpoint, port: at.postgres },
      s3: {
        ...s3.endpoint,
        extra: { ...s3.endpoint.extra, endpoint_url: `http://127.0.0.1:${String(at.s3)}` },
      },
      kafka: { ...kafka.endpoint, port: at.kafka },
    });
    const find = (service: Service): Killable<Service> => running.get(service) as Killable<Service>; // all are started
    return {
      proxied: describe(front),
      direct: describe(ports),
      s3Folder: path.join(dir, 's3', 's3'),
      proxies,
      s3Proxy,
      kill: (service) => find(service).kill(),
      restart: (service) => pRetry(() => find(service).restart(), RESTARTS),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
