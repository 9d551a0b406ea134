/** Which Java there is, for the programs that need one. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { AirtempoError } from '../core/errors.js';

const run = promisify(execFile);

type Env = Readonly<Record<string, string | undefined>>;

/** What a program asks of Java. */
export interface JavaNeed {
  /** The program, as a sentence names it. */
  readonly program: string;
  readonly isFit: (version: number) => boolean;
  /** The versions in words. */
  readonly versions: string;
}

/** Spark 3.5 runs on 8, 11 and 17; on a newer one it starts and then fails in odd places. */
export const SPARK_JAVA: JavaNeed = {
  program: 'Spark',
  isFit: (version) => [8, 11, 17].includes(version),
  versions: 'Java 17 (8 and 11 will do)',
};

/** The major version in what `java -version` prints: `openjdk version "17.0.15"`, `java version "1.8.0_392"`. */
export function parseJavaVersion(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The Java in JAVA_HOME or on PATH. Throws BINARY_NOT_FOUND unless it is one that the program runs on. */
export async function requireJava({ program, isFit, versions }: JavaNeed, env: Env): Promise<string> {
  const home = env['JAVA_HOME'];
  const java = home ? path.join(home, 'bin', 'java') : 'java';
  const output = await run(java, ['-version'], { env: { PATH: env['PATH'] } }).catch(() => undefined);
  const version = output === undefined ? undefined : parseJavaVersion(output.stderr + output.stdout);
  if (version !== undefined && isFit(version)) return java;
  const found = version === undefined ? `${java} cannot be run` : `${java} is Java ${version}`;
  throw new AirtempoError(
    'BINARY_NOT_FOUND',
    `${program} needs ${versions}, and ${found}. Install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME to one.`,
  );
}
