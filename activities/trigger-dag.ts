/**
 * The operator `trigger_dag_run`: starts a run of another DAG and, if asked to, waits for its end as a sensor does.
 * Tried again, it finds the run that it has started; cancelled, it cancels the run that it waits for.
 */
import { z } from 'zod';
import type { TaskContext } from '../core/context.js';
import type { OtherRun, OtherRunState } from '../core/dag-runs.js';
import { fail } from '../core/outcome.js';
import { parseInstant } from '../core/run-facts.js';
import { notYet, sensor, type NotYet } from '../core/sensor.js';

export interface TriggerDagArgs {
  /** The DAG to run. */
  readonly dagId: string;
  /** The conf of its run. */
  readonly conf?: Readonly<Record<string, unknown>> | undefined;
  /** The date that its run stands for. Default: none; each run of this task then makes a new one. */
  readonly logicalDate?: string | undefined;
  /** Whether to wait for its end; a failed run then fails this task. Default false. */
  readonly wait?: boolean | undefined;
  /** Whether a finished run of that date is run again. Default false: it is an error, as in Airflow. */
  readonly resetDagRun?: boolean | undefined;
}

export interface TriggerDagOutput {
  readonly workflowId: string;
  /** Airflow's run id; absent when the run has only just been started. */
  readonly runId?: string;
  /** `running` when this task did not wait. */
  readonly state: OtherRunState;
}

const argsSchema: z.ZodType<TriggerDagArgs> = z.strictObject({
  dagId: z.string().min(1),
  conf: z.record(z.string(), z.unknown()).optional(),
  logicalDate: z.string().optional(),
  wait: z.boolean().optional(),
  resetDagRun: z.boolean().optional(),
});

/**
 * Starts the run. As Airflow's TriggerDagRunOperator; `pokeInterval` and `timeout` are those of the wait, which takes no
 * slot. Errors: UNKNOWN_DAG, INVALID_RUN_INPUT (the date has a run already), FAILED_WITHOUT_RETRY (it failed).
 */
export const triggerDag = sensor(
  'trigger_dag_run',
  async ({ args, ctx }: { args: TriggerDagArgs; ctx: TaskContext }): Promise<TriggerDagOutput | NotYet> => {
    const { dagId, conf, resetDagRun: reset = false, wait = false } = args;
    const run = await ctx.runs.trigger({ dagId, conf, logicalDate: dateOf(args), reset });
    if (!wait) return toOutput(run);
    if (run.state === 'running') return notYet(`run ${run.workflowId} of DAG ${dagId} is running`);
    if (run.state === 'success') return toOutput(run);
    return fail(
      `run ${run.workflowId} of DAG ${dagId} ended as ${run.state}: ${await ctx.runs.failureOf(run)}`,
    );
  },
  {
    args: argsSchema,
    summary: ({ dagId, wait }) => `${wait === true ? 'runs' : 'starts'} ${dagId ?? 'a DAG'}`,
    onCancel: async ({ args, ctx }) => {
      if (args.wait !== true) return;
      const run = await ctx.runs.findTriggered({ dagId: args.dagId, logicalDate: dateOf(args) });
      if (run?.isMine === true && run.state === 'running') await ctx.runs.cancel(run);
    },
  },
);

function dateOf({ logicalDate }: TriggerDagArgs): string | undefined {
  return logicalDate === undefined ? undefined : parseInstant(logicalDate).toISOString();
}

function toOutput({ workflowId, runId, state }: OtherRun): TriggerDagOutput {
  return { workflowId, state, ...(runId === undefined ? {} : { runId }) };
}
