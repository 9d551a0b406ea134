/**
 * What each task of `awst_redshift_dag`, `churn_scoring` and `kafka_ingest` runs on Redshift, as files: for a person with a cluster to paste, and for a test to
 * hold. Made anew with `npx tsx test/golden-sql/update.ts`.
 */
import { renderTask } from '../../cli/tasks/render-task.js';
import type { RenderedSql } from '../../cli/tasks/render-sql.js';
import { NO_VARIABLES } from '../../connections/variables.js';
import type { Connection } from '../../core/connection.js';
import type { Dag } from '../../core/dag.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import churnScoring from '../../dags/churn-scoring.js';
import kafkaIngest from '../../dags/kafka-ingest.js';
import { planRun } from '../../workers/plan-run.js';

/** A cluster that nobody has to reach. */
const REDSHIFT: Connection = {
  id: 'redshift',
  type: 'redshift',
  extra: { iam_role: 'arn:aws:iam::123456789012:role/RedshiftRole' },
};

export interface GoldenTask {
  /** Name of its file. */
  readonly file: string;
  readonly statements: readonly RenderedSql[];
  readonly text: string;
}

function formatStatement({ place, text, parameters }: RenderedSql): string {
  const values = Object.entries(parameters).map(
    ([name, value]) => `--   :${name} = ${JSON.stringify(value)}\n`,
  );
  return `-- ${place}\n${values.join('')}${text};\n`;
}

interface GoldenRun {
  readonly dag: Dag;
  readonly conf: Readonly<Record<string, unknown>>;
  /** Of its files. */
  readonly folder: string;
}

const RUNS: readonly GoldenRun[] = [
  ...['full', 'day'].map((mode) => ({ dag: awstRedshiftDag, conf: { mode }, folder: mode })),
  { dag: churnScoring, conf: {}, folder: churnScoring.id },
  {
    dag: kafkaIngest,
    conf: { warehouseConnId: 'redshift', stage: 's3://sparkify-stage/ingest/' },
    folder: kafkaIngest.id,
  },
];

/** Every task that runs SQL, in both modes of the load. */
export async function renderGoldenTasks(): Promise<readonly GoldenTask[]> {
  return (await Promise.all(RUNS.map(renderRun))).flat();
}

async function renderRun({ dag, conf, folder }: GoldenRun): Promise<readonly GoldenTask[]> {
  const { facts } = planRun(
    {
      dagId: dag.id,
      workflowId: 'golden',
      input: { logicalDate: '2018-11-02', conf },
      startedAt: '2018-11-03T00:00:00Z',
    },
    new Map([[dag.id, dag]]),
  );
  const tasks: GoldenTask[] = [];
  for (const { id } of dag.graph.tasks) {
    const { sql: statements } = await renderTask(dag, id, facts, {
      variable: NO_VARIABLES.read,
      dialect: 'redshift',
      findConnection: () => Promise.resolve(REDSHIFT),
    });
    const text = statements.map(formatStatement).join('\n');
    if (statements.length > 0) tasks.push({ file: `${folder}/${id}.sql`, statements, text });
  }
  return tasks;
}
