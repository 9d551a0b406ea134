/** `airtempo insights list`: the fifteen, with the definition of each query. */
import type { Command } from 'commander';
import { INSIGHTS } from '../../insights/catalog/index.js';
import { readQuery } from '../../insights/read-query.js';
import { fit, formatTable, print, printJson, terminalWidth } from '../output.js';

/** Adds the subcommand `list`. */
export function registerList(insights: Command): void {
  insights
    .command('list')
    .description('show the insights and their definitions')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ airtempo insights list\n  $ airtempo insights list --json')
    .action(async (options: { readonly json?: true }) => list(options.json === true));
}

/** Room of the columns before the definitions. */
const BEFORE_DEFINITION = 64;
const NARROWEST = 40;

async function list(isJson: boolean): Promise<void> {
  const all = await Promise.all(
    INSIGHTS.map(async ({ number, id, title, queries }) => ({
      number,
      id,
      title,
      queries: await Promise.all(
        queries.map(async ({ file }) => {
          const { name, definition, unit } = await readQuery(file);
          return { file: `sql/insights/${file}.sql`, name, definition, unit };
        }),
      ),
    })),
  );
  if (isJson) {
    printJson(all);
    return;
  }
  const width = Math.max(NARROWEST, terminalWidth() - BEFORE_DEFINITION);
  const rows = all.flatMap(({ number, id, queries }) =>
    queries.map(({ name, definition }, index) => [
      index === 0 ? String(number) : '',
      index === 0 ? id : '',
      name,
      fit(definition, width),
    ]),
  );
  print(formatTable(['', 'id', 'table', 'definition'], rows));
}
