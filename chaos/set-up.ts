/** Starts everything that a soak needs: services with their input, the project, two workers and a client. */
import { Client, Connection } from '@temporalio/client';
import { ensureTopic } from '../connections/kafka/topics.js';
import type { CliProject } from '../test/support/cli.js';
import { createData, uploadData, type SoakData } from './data.js';
import { TOPIC } from './messages.js';
import { createProject } from './project.js';
import { startServices, type Services } from './services.js';
import { startWorkers, type Workers } from './workers.js';

/** Everything that runs. */
export interface Setting {
  readonly services: Services;
  readonly project: CliProject;
  readonly workers: Workers;
  /** Goes through the proxy. */
  readonly client: Client;
  readonly data: SoakData;
}

export interface SettingOptions {
  readonly folder: string;
  readonly seed: number;
  readonly days: number;
  /** Called with how to undo each step, in the order of the steps. */
  readonly onUndo: (undo: () => Promise<unknown>) => void;
}

/** Whoever does not stop in time is killed with the project's removal. */
const STOP_MS = 10_000;

export async function setUp({ folder, seed, days, onUndo }: SettingOptions): Promise<Setting> {
  const services = await startServices(folder);
  onUndo(() => services.stop());
  const data = createData(seed, days);
  await uploadData(data, services.direct.s3);
  await ensureTopic(services.direct.kafka, TOPIC);
  const project = await createProject(services.proxied);
  onUndo(() => project.stop());
  const workers = startWorkers(project);
  onUndo(() => workers.stop(STOP_MS));
  const connection = await Connection.connect({ address: services.proxied.temporal });
  // not closed: a call that is just being tried again would throw where nobody catches it; the end of the process closes it
  return { services, project, workers, client: new Client({ connection }), data };
}
