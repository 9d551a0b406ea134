/** Executes a notebook with a kernel that has PySpark: one Spark session. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { JsonValue } from '../../core/json.js';
import { ensurePythonEnv } from '../../local/python/ensure-python-env.js';
import { parseRequirements } from '../../local/python/python-env-spec.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { LITTLE_DATA } from './spark-sql.js';

/** Rejects with the cell that failed and its traceback. */
export async function executeNotebook(options: {
  readonly notebook: string;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  /** A file for the notebook with its outputs. */
  readonly out: string;
  /** A folder for what Jupyter writes beside. */
  readonly scratch: string;
}): Promise<void> {
  const { notebook, parameters, out, scratch } = options;
  const requirements = await readFile('test/support/notebook-requirements.txt', 'utf8');
  const { python } = await ensurePythonEnv({
    name: 'notebook',
    title: 'Jupyter’s kernel and matplotlib',
    requirements: parseRequirements(requirements),
    minimumPython: '3.10',
    expected: 'about 30 seconds',
  });
  const spark = await ensureSpark();
  const folders = Object.fromEntries(
    ['IPYTHONDIR', 'MPLCONFIGDIR', 'JUPYTER_RUNTIME_DIR', 'JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR'].map(
      (name) => [name, path.join(scratch, name.toLowerCase())],
    ),
  );
  await promisify(execFile)(
    python,
    ['test/spark/run-notebook.py', notebook, JSON.stringify(parameters), out],
    {
      env: {
        ...process.env,
        ...spark.env,
        ...folders,
        // PySpark and numpy are those of Spark's own environment
        PYTHONPATH: path.dirname(spark.sparkHome),
        PYSPARK_SUBMIT_ARGS: [...LITTLE_DATA.map((arg) => `'${arg}'`), 'pyspark-shell'].join(' '),
      },
      maxBuffer: 2 ** 26,
    },
  );
}
