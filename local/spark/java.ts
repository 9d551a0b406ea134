/** Which Java there is. Spark 3.5 runs on 8, 11 and 17; on a newer one it starts and then fails in odd places. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { AirtempoError } from '../../core/errors.js';

const run = promisify(execFile);
const SUPPORTED = [8, 11, 17];

/** The major version in what `java -version` prints: `openjdk version "17.0.15"`, `java version "1.8.0_392"`. */
export function parseJavaVersion(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Throws BINARY_NOT_FOUND unless there is a Java that Spark runs on, in JAVA_HOME or on PATH. */
export async function checkJava(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const home = env['JAVA_HOME'];
  const java = home ? path.join(home, 'bin', 'java') : 'java';
  const options = { env: { PATH: env['PATH'] } };
  const output = await run(java, ['-version'], options).catch(() => undefined);
  const version = output === undefined ? undefined : parseJavaVersion(output.stderr + output.stdout);
  if (version !== undefined && SUPPORTED.includes(version)) return;
  const found = version === undefined ? `${java} cannot be run` : `${java} is Java ${version}`;
  throw new AirtempoError(
    'BINARY_NOT_FOUND',
    `Spark needs Java 17 (8 and 11 will do), and ${found}. Install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME to one.`,
  );
}
