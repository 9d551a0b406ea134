/** How the local EMR runs a step: spark-submit in local mode, against the local S3. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import type { LocalSpark } from '../spark/ensure-spark.js';
import { computeS3Env, computeSparkDefaults, formatSparkDefaults } from '../spark/spark-defaults.js';
import type { Step } from './cluster.js';
import { adaptSparkSubmitArgs } from './spark-submit-args.js';
import { startStepProcess } from './step-process.js';
import type { StepProcess } from './step-process.js';

/** A step's process, and what its controller log begins with. */
export interface StartedStep {
  readonly process: StepProcess;
  readonly controller: string;
}

/** Starts a step in a folder of its own. Rejects when it cannot. */
export type StartStep = (step: Step, folder: string) => Promise<StartedStep>;

export interface SparkRunnerOptions {
  /** Asked for at the first step, since fetching Spark takes a while. */
  readonly spark: () => Promise<LocalSpark>;
  readonly s3: Connection;
}

/** Runs steps by a local Spark. */
export function createSparkRunner({ spark, s3 }: SparkRunnerOptions): StartStep {
  return async (step, folder) => {
    const local = await spark();
    const adapted = adaptSparkSubmitArgs(step.args.slice(1));
    if (!adapted.ok) throw new Error(adapted.problem);
    const conf = path.join(folder, 'conf');
    await mkdir(conf, { recursive: true, mode: 0o700 });
    const defaults = { ...computeSparkDefaults(local, s3), ...step.properties };
    await writeFile(path.join(conf, 'spark-defaults.conf'), formatSparkDefaults(defaults), { mode: 0o600 });
    const env = {
      ...local.env,
      ...computeS3Env(s3),
      SPARK_CONF_DIR: conf,
      HOME: folder,
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
    };
    const command = { command: local.sparkSubmit, args: adapted.args, env };
    const left =
      adapted.left.length === 0
        ? ''
        : `\nLeft out here, where there is no YARN and Kafka's connector is at hand: ${adapted.left.join(' ')}`;
    return {
      process: await startStepProcess(command, folder),
      controller: `Local run of: spark-submit ${adapted.args.join(' ')}${left}\n`,
    };
  };
}

/** Why the local EMR cannot run such a step; undefined when it can. */
export function explainUnsupportedStep({ jar, args }: Pick<Step, 'jar' | 'args'>): string | undefined {
  const name = jar.split('/').at(-1);
  if (name !== 'command-runner.jar') {
    return `The local EMR runs command-runner.jar only, and not ${jar}: there is no Hadoop cluster behind it.`;
  }
  if (args[0] !== 'spark-submit') {
    return `The local EMR runs spark-submit only, and not ${args[0] ?? '(no arguments)'}.`;
  }
  const adapted = adaptSparkSubmitArgs(args.slice(1));
  return adapted.ok ? undefined : `The step cannot be run: ${adapted.problem}.`;
}
