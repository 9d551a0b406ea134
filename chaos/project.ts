/** The project that the workers run: a folder with the DAG files of a soak, which import the package as it was built. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatConnectionUri } from '../connections/index.js';
import { createCliProject, type CliProject } from '../test/support/cli.js';
import type { Endpoints } from './services.js';

const DAGS = fileURLToPath(new URL('./dags/', import.meta.url));
const BUILT = pathToFileURL(fileURLToPath(new URL('../dist/', import.meta.url))).href;

export const TASK_QUEUE = 'chaos';

/** Makes the project. Its commands and workers go through the proxies. */
export async function createProject({ temporal, postgres, s3, kafka }: Endpoints): Promise<CliProject> {
  const project = await createCliProject({
    TEMPORAL_ADDRESS: temporal,
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
    AIRTEMPO_LOG_LEVEL: 'warn',
    AIRTEMPO_CONN_REDSHIFT: formatConnectionUri({ ...postgres, id: 'redshift' }),
    AIRTEMPO_CONN_AWS_CREDENTIALS: formatConnectionUri({ ...s3, id: 'aws_credentials' }),
    AIRTEMPO_CONN_KAFKA: formatConnectionUri({ ...kafka, id: 'kafka' }),
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  for (const name of await readdir(DAGS)) {
    const source = await readFile(path.join(DAGS, name), 'utf8');
    await writeFile(path.join(project.dir, name), source.replaceAll("from '../../", `from '${BUILT}`));
  }
  return project;
}
