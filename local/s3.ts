/**
 * The S3 server: versitygw over plain files. Object metadata lives in extended attributes, or, on a file system
 * without them, in a folder beside the data. It checks every signature, so its keys are as real as AWS's.
 */

import { access, mkdir } from 'node:fs/promises';
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { startChild, waitUntilReady } from './child.js';
import type { ServiceChild } from './child.js';
import type { Credentials } from './credentials.js';
import { childEnv, orStop, READY_TIMEOUT_MS } from './service.js';
import type { ServiceContext } from './service.js';
import { stackFiles } from './stack-state.js';

const HEALTH_PATH = '/_health';
const REGION = 'us-east-1';

export interface StartedS3 {
  readonly child: ServiceChild;
  readonly port: number;
}

export interface S3Options {
  readonly binary: string;
  readonly port: number;
}

/** Starts the server and waits until it answers. */
export async function startS3(context: ServiceContext, options: S3Options): Promise<StartedS3> {
  const sidecar = stackFiles.s3Sidecar(context.dir);
  // Data written with one way of keeping metadata is unreadable with the other: the first choice stays.
  if (await exists(sidecar)) return startGateway(context, options, sidecar);
  try {
    return await startGateway(context, options, undefined);
  } catch (error) {
    if (!isWithoutXattr(error)) throw error;
    context.step.update(
      'This file system has no extended attributes: keeping S3 metadata in a folder of its own',
    );
    await mkdir(sidecar, { recursive: true, mode: 0o700 });
    return startGateway(context, options, sidecar);
  }
}

/** The connection to a server on this port. */
export function s3Connection(port: number, credentials: Credentials): Connection {
  return {
    id: 'aws_credentials',
    type: 'aws',
    description: 'The S3 server of the local stack',
    login: credentials.s3AccessKey,
    password: credentials.s3SecretKey,
    extra: { endpoint_url: `http://127.0.0.1:${port}`, region_name: REGION },
  };
}

/** Whether an S3 server answers on this port. */
export async function answersHealth(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}${HEALTH_PATH}`, {
    signal: AbortSignal.timeout(5000),
  });
  await response.body?.cancel();
  return response.ok;
}

async function startGateway(
  context: ServiceContext,
  options: S3Options,
  sidecar: string | undefined,
): Promise<StartedS3> {
  const data = stackFiles.s3(context.dir);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const port = await context.choosePort(options.port);
  const server = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--health', HEALTH_PATH, '--quiet'];
  const backend = ['posix', ...(sidecar === undefined ? [] : ['--sidecar', sidecar]), data];
  const child = await startChild({
    name: 'The S3 server',
    command: options.binary,
    args: [...server, ...backend],
    env: childEnv(context.dir, {
      ROOT_ACCESS_KEY: context.credentials.s3AccessKey,
      ROOT_SECRET_KEY: context.credentials.s3SecretKey,
    }),
    cwd: context.dir,
    logFile: stackFiles.log(context.dir, 's3'),
  });
  const probe = (): Promise<boolean> => answersHealth(port);
  await orStop(child, waitUntilReady({ child, probe, timeoutMs: READY_TIMEOUT_MS, signal: context.signal }));
  return { child, port };
}

function isWithoutXattr(error: unknown): boolean {
  return error instanceof AirtempoError && /xattr/i.test(error.message);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
