/** `airtempo churn train`: feature tables → a tested model, by Spark on this machine. */
import path from 'node:path';
import { Option, type Command } from 'commander';
import { readChurnMetrics, MODEL_TITLES, type ChurnMetrics } from '../../activities/churn/metrics.js';
import { shippedJob } from '../../activities/spark/shipped-job.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { runSparkHere } from '../../local/spark/run-here.js';
import type { App } from '../app.js';
import { formatTable, print, printJson } from '../output.js';
import { readCount, workUntilStopped, type Tell } from './work.js';

/** The sizes, by the option of spark/churn.py that has the same name. */
const SIZES = [
  ['seeds', '100', 'splits of E0'],
  ['repeats', '3', "repeats of E1's cross-validation"],
  ['trees', '100', 'trees of a random forest'],
  ['boosts', '40', "rounds of MLlib's gradient-boosted trees"],
  ['bootstraps', '500', 'samples behind an interval'],
  ['cost-miss', '10', 'what a churner costs who was not contacted'],
  ['cost-contact', '1', 'what a contact costs'],
] as const;

type Sizes = Readonly<Partial<Record<(typeof SIZES)[number][0], string>>>;

/** Adds the subcommand `train`. */
export function registerTrain(churn: Command, app: App): void {
  const command = churn
    .command('train')
    .description('train, test and save a model; Spark is fetched when it is missing')
    .option('--features <folder>', 'what "airtempo churn features" has made', 'churn/features')
    .option('--out <folder>', 'where model/, schema.json and metrics.json go', 'churn/model')
    .option('--protocols <list>', 'which to run; e2 also makes the model', 'e0,e1,e2')
    .option('--json', 'print metrics.json');
  for (const [name, size, meaning] of SIZES) {
    command.addOption(new Option(`--${name} <number>`, meaning).default(size));
  }
  command
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo churn train
  $ airtempo churn train --protocols e1,e2 --repeats 1 --bootstraps 200

With 20,000 users, half an hour on two cores; most of it is E0's hundred splits (--seeds 10).
It needs Java 17 and Python 3.9 to 3.12.`,
    )
    .action((options: Readonly<Record<string, string | true>>) =>
      workUntilStopped(async (signal, tell) => {
        const { features, out, protocols } = options as { readonly features: string; readonly out: string; readonly protocols: string }; // prettier-ignore
        const sizes = Object.fromEntries(
          SIZES.map(([name]) => [name, readCount(`--${name}`, String(options[toCamelCase(name)]))]),
        );
        const metrics = await trainModel(app, { features, out, protocols, sizes }, signal, tell);
        if (options['json'] === true) printJson(metrics);
        else print(`${describeMetrics(metrics)}\n\nin ${out}; see it with: airtempo churn report --model ${out}`);
      }),
    ); // prettier-ignore
}

const toCamelCase = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

interface TrainRequest {
  readonly features: string;
  readonly out: string;
  readonly protocols: string;
  readonly sizes: Sizes;
}

/** Runs spark/churn.py here and reads what it has written. */
export async function trainModel(
  app: Pick<App, 'env'>,
  { features, out, protocols, sizes }: TrainRequest,
  signal: AbortSignal,
  tell: Tell,
): Promise<ChurnMetrics> {
  const spark = await ensureSpark({ env: app.env, signal, onProgress: ({ message }) => tell(message) });
  tell('starting Spark');
  await runSparkHere(spark, {
    file: shippedJob('churn.py'),
    args: [
      'train',
      '--features',
      path.resolve(features),
      '--out',
      path.resolve(out),
      '--protocols',
      protocols,
      ...Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    signal,
    onLine: tell,
  });
  return readChurnMetrics(path.join(out, 'metrics.json'));
}

/** The honest figures, a line a model. */
export function describeMetrics({ e1, e2, production }: ChurnMetrics): string {
  const rows = [e1, e2].flatMap((found, index) => {
    const value = (model: string, name: string): string => found?.models[model]?.[name]?.value.toFixed(3) ?? '–';
    const protocol = index === 0 ? 'E1' : 'E2';
    return Object.keys(found?.models ?? {}).map((model) => [
      protocol,
      `${MODEL_TITLES[model] ?? model}${protocol === 'E2' && model === production?.model ? ' (saved)' : ''}`,
      ...['weighted_f1', 'churn_f1', 'auc', 'pr_auc', 'lift_at_10'].map((name) => value(model, name)),
    ]);
  }); // prettier-ignore
  return formatTable(['protocol', 'model', 'weighted F1', 'churn F1', 'AUC', 'PR-AUC', 'lift at 10 %'], rows);
}
