/** `npm run demo:churn`: from nothing to a model card: events, features, a model, its card. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { createFileSink } from '../../generator/sinks/local-file.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import type { App } from '../app.js';
import { openInBrowser } from '../open-in-browser.js';
import { print, printJson } from '../output.js';
import { writeFeatures } from './features.js';
import { writeCard } from './report.js';
import { describeMetrics, trainModel } from './train.js';
import { readCount, workUntilStopped } from './work.js';

interface DemoOptions {
  readonly users: string;
  readonly preset: string;
  readonly out?: string;
  readonly json?: true;
}

/** Small enough for a coffee, and as honest as the large sizes. */
const SIZES = { seeds: '10', repeats: '1', trees: '50', boosts: '15', bootstraps: '200' };

/** Adds the subcommand `demo`. */
export function registerDemo(churn: Command, app: App): void {
  churn
    .command('demo')
    .description('generate events, make features, train, and write the model card')
    .option('--users <count>', 'invented listeners', '1000')
    .option('--preset <preset>', 'faithful, signal or strong: how well churn can be foreseen', 'signal')
    .option('--out <folder>', 'default: demo-churn in the project’s .airtempo')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  npm run demo:churn\n  npm run demo:churn -- --users 3000 --preset faithful\n\nIn a terminal the card is opened in your browser.')
    .action((options: DemoOptions) => runDemo(app, options)); // prettier-ignore
}

async function runDemo(app: App, options: DemoOptions): Promise<void> {
  const folder = options.out ?? path.join(app.home, 'demo-churn');
  const spec = parseGeneratorSpec({
    users: Number(readCount('--users', options.users)),
    preset: options.preset as 'signal', // parseGeneratorSpec refuses what is none
  });
  const [events, features, model] = ['events.json.gz', 'features', 'model'].map((name) => path.join(folder, name)) as [string, string, string]; // prettier-ignore
  await workUntilStopped(async (signal, tell) => {
    // first: what is missing should be said before minutes have passed
    await ensureSpark({ env: app.env, signal, onProgress: ({ message }) => tell(message) });
    await mkdir(folder, { recursive: true });
    await writeData(spec, createFileSink(events), {
      signal,
      onProgress: ({ rows }) => tell(`${rows.toLocaleString('en-US')} events generated`),
    });
    await writeFeatures({ events, folder: features }, signal, tell);
    const metrics = await trainModel(app, { features, out: model, protocols: 'e0,e1,e2', sizes: SIZES }, signal, tell);
    const card = path.join(model, 'model-card.html');
    await writeCard(model, card);
    const url = pathToFileURL(path.resolve(card)).href;
    if (options.json === true) printJson({ card: url, metrics });
    else {
      print(`${describeMetrics(metrics)}\n\nThe model card: ${url}`);
      openInBrowser(url);
    }
  }); // prettier-ignore
}
