/** Reads the arguments of a step that runs spark-submit, and takes out what is said of a cluster's manager and of jars that are here. Pure. */

/** Options of spark-submit without a value; every other one takes the next argument. */
const FLAGS = new Set(['--help', '-h', '--verbose', '-v', '--version', '--supervise']);
/** There is no YARN here: the job runs in one process on this machine. */
const REPLACED = new Set(['--master', '--deploy-mode']);
/** Sizes of machines that are not here; in local mode the first would be the memory of the only process there is. */
const IGNORED = new Set([
  '--num-executors',
  '--executor-cores',
  '--executor-memory',
  '--driver-cores',
  '--total-executor-cores',
  '--queue',
]);
const IGNORED_CONF =
  /^spark\.(master|submit\.deployMode|yarn\.|executor\.(cores|memory|instances)|dynamicAllocation\.)/;
/** The connector of Kafka is on the class path of every step. */
const THERE_ALREADY = /^spark\.jars\.packages=org\.apache\.spark:spark-sql-kafka-0-10_2\.12:3\.5\.\d+$/;

/** What a step's arguments ask of spark-submit. */
export type SparkSubmitArgs =
  | { readonly ok: true; readonly args: readonly string[]; readonly left: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** The arguments for a local spark-submit, and those that were left out. `args` begin after the word spark-submit. */
export function adaptSparkSubmitArgs(args: readonly string[]): SparkSubmitArgs {
  const kept: string[] = [];
  const left: string[] = [];
  let index = 0;
  while (index < args.length) {
    const option = args[index] ?? '';
    // from the job's file on, everything is the job's own
    if (!option.startsWith('-')) return { ok: true, args: [...kept, ...args.slice(index)], left };
    const joined = option.indexOf('=');
    const name = joined < 0 ? option : option.slice(0, joined);
    const takesNext = joined < 0 && !FLAGS.has(name);
    const value = joined < 0 ? (args[index + 1] ?? '') : option.slice(joined + 1);
    if (takesNext && index + 1 >= args.length)
      return { ok: false, problem: `spark-submit's ${option} has no value` };
    const whole = args.slice(index, index + (takesNext ? 2 : 1));
    (isLeftOut(name, value) ? left : kept).push(...whole);
    index += whole.length;
  }
  return { ok: false, problem: 'spark-submit is given no file to run' };
}

function isLeftOut(name: string, value: string): boolean {
  if (REPLACED.has(name) || IGNORED.has(name)) return true;
  return name === '--conf' && (IGNORED_CONF.test(value) || THERE_ALREADY.test(value));
}
