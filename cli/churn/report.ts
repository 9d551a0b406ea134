/** `airtempo churn report`: the model card of a trained model. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { renderModelCard } from '../../activities/churn/card/render-card.js';
import { readChurnMetrics } from '../../activities/churn/metrics.js';
import { print, printJson } from '../output.js';

interface ReportOptions {
  readonly model: string;
  readonly out?: string;
  readonly json?: true;
}

/** Adds the subcommand `report`. */
export function registerReport(churn: Command): void {
  churn
    .command('report')
    .description('write the model card: one HTML file that needs nothing else')
    .option('--model <folder>', 'what "airtempo churn train" has made', 'churn/model')
    .option('--out <file>', 'default: model-card.html in the folder of the model')
    .option('--json', 'print the figures as JSON as well')
    .addHelpText(
      'after',
      '\nExamples:\n  $ airtempo churn report\n  $ airtempo churn report --model churn/model --out card.html',
    )
    .action(async ({ model, out, json }: ReportOptions) => {
      const file = out ?? path.join(model, 'model-card.html');
      await writeCard(model, file);
      if (json === true) printJson(await readChurnMetrics(path.join(model, 'metrics.json')));
      else print(`The model card: ${pathToFileURL(path.resolve(file)).href}`);
    });
}

/** Reads metrics.json of the folder and writes the card. */
export async function writeCard(model: string, file: string): Promise<void> {
  await writeFile(file, await renderModelCard(await readChurnMetrics(path.join(model, 'metrics.json'))));
}
