/** Runs a Spark job on this machine and waits for it: for commands. DAGs use the operator `spark_job`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { AirtempoError } from '../../core/errors.js';
import type { LocalSpark } from './ensure-spark.js';

export interface RunHereOptions {
  /** The Python file, an absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** Spark's settings, which win over those of `LOCAL_CONF`. */
  readonly conf?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the job says, without Spark's own lines and results. */
  readonly onLine?: ((line: string) => void) | undefined;
}

const LOCAL_CONF: Readonly<Record<string, string>> = {
  'spark.driver.memory': '2g',
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
  'spark.ui.enabled': 'false',
  'spark.sql.shuffle.partitions': '4',
};
/** `26/11/28 23:16:03 WARN Utils: …` */
const SPARK_LINE = /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d [A-Z]+ /;
const TAIL_LINES = 12;
/** What our jobs end with when the data cannot be used as they are. */
const UNFIT_DATA = 2;

/**
 * The job's last line on stdout.
 * @throws AirtempoError CHECK_FAILED with the job's own sentence when it refuses the data, SPARK_JOB_FAILED otherwise; the
 *   signal's reason when it was stopped
 */
export async function runSparkHere(spark: LocalSpark, options: RunHereOptions): Promise<string> {
  const { file, args, signal, onLine } = options;
  const conf = Object.entries({ ...LOCAL_CONF, ...options.conf });
  const child = spawn(
    spark.sparkSubmit,
    ['--master', 'local[*]', ...conf.flatMap(([name, value]) => ['--conf', `${name}=${value}`]), file, ...args],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...spark.env } },
  ); // prettier-ignore
  const stop = (): void => endGroup(child.pid);
  signal?.addEventListener('abort', stop, { once: true });
  const tail: string[] = [];
  const hear = (line: string): void => {
    if (SPARK_LINE.test(line)) return;
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    if (!line.startsWith('{')) onLine?.(line);
  };
  let last = '';
  // spark-submit passes on what Python says on stderr as its own stdout
  const out = createInterface({ input: child.stdout }).on('line', (line) => hear((last = line)));
  const said = createInterface({ input: child.stderr }).on('line', hear);
  // the last lines may come after the process has ended
  const read = Promise.all([once(out, 'close'), once(said, 'close')]);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    await read;
    signal?.throwIfAborted();
    if (code === 0) return last;
    throw describe(file, code, tail);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** spark-submit is a shell around a JVM around a Python: a group, ended as a whole. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
  }
}

function describe(file: string, code: number | null, tail: readonly string[]): AirtempoError {
  const problem = tail.findLast((line) => line.startsWith('error: '));
  if (code === UNFIT_DATA && problem !== undefined) {
    return new AirtempoError('CHECK_FAILED', `${problem.slice('error: '.length)}.`);
  }
  return new AirtempoError(
    'SPARK_JOB_FAILED',
    `${file} ended with ${code === null ? 'a signal' : `code ${String(code)}`}. The end of what it said:\n${tail.join('\n')}`,
  );
}
