/** Properties of repairs: whatever is cleared and marked while a run goes on, its counts stay true and it ends. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunGraph, RunGraphTask } from '../../core/graph.js';
import { createRun, type Run, type TaskOutcome } from '../../core/run.js';
import { TRIGGER_RULES } from '../../core/trigger-rule.js';

const OUTCOMES: readonly TaskOutcome[] = ['success', 'failed', 'skipped'];

type Step =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'finish';
      readonly pick: number;
      readonly outcome: TaskOutcome;
      readonly branch: boolean;
    }
  | { readonly kind: 'clear'; readonly picks: readonly number[] }
  | { readonly kind: 'mark'; readonly pick: number; readonly outcome: TaskOutcome };

const graphs: fc.Arbitrary<RunGraph> = fc
  .array(
    fc.record({
      edges: fc.array(fc.nat(), { maxLength: 3 }),
      rule: fc.constantFrom(...TRIGGER_RULES.filter((rule) => rule !== 'all_done_setup_success')),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((drafts) => ({
    maxActiveTasks: 3,
    tasks: drafts.map(({ edges, rule }, index): RunGraphTask => {
      const upstream = new Set(index === 0 ? [] : edges.map((edge) => `t${String(edge % index)}`));
      return { id: `t${String(index)}`, upstream: [...upstream], triggerRule: rule };
    }),
  }));

const outcome = fc.constantFrom(...OUTCOMES);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.constant({ kind: 'start' } as const),
    fc.record({ kind: fc.constant('finish' as const), pick: fc.nat(), outcome, branch: fc.boolean() }),
    fc.record({
      kind: fc.constant('clear' as const),
      picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('mark' as const), pick: fc.nat(), outcome }),
  ),
  { maxLength: 25 },
);

function take(run: Run, graph: RunGraph, step: Step): void {
  const idAt = (pick: number): string => graph.tasks[pick % graph.tasks.length]?.id ?? '';
  if (step.kind === 'start') run.takeReady();
  else if (step.kind === 'clear') run.clear(step.picks.map(idAt));
  else if (step.kind === 'mark') run.mark(idAt(step.pick), step.outcome);
  else {
    const running = graph.tasks.filter(({ id }) => run.stateOf(id) === 'running');
    const task = running[step.pick % Math.max(1, running.length)];
    if (task === undefined) return;
    if (step.branch && step.outcome === 'success')
      run.finish(task.id, 'success', { follow: [], reach: 'all' });
    else run.finish(task.id, step.outcome);
  }
}

const explanations = (run: Run, { tasks }: RunGraph): readonly string[] =>
  tasks.map(({ id }) => `${id} ${run.stateOf(id)}: ${run.explain(id)}`);

test('a run that was repaired knows what one knows that begins from its snapshot', () => {
  fc.assert(
    fc.property(graphs, steps, (graph, taken) => {
      const run = createRun(graph);
      for (const step of taken) {
        take(run, graph, step);
        const restored = createRun(graph, run.snapshot());
        expect(explanations(restored, graph)).toEqual(explanations(run, graph));
        expect(restored.counts).toEqual(run.counts);
      }
    }),
    { numRuns: 400 },
  );
});

test('a run that was repaired comes to its end, with each task in a final state', () => {
  fc.assert(
    fc.property(graphs, steps, (graph, taken) => {
      const run = createRun(graph);
      for (const step of taken) take(run, graph, step);
      for (let round = 0; !run.done && round < 100; round += 1) {
        run.takeReady();
        for (const { id } of graph.tasks) if (run.stateOf(id) === 'running') run.finish(id, 'success');
      }
      expect(run.done).toBe(true);
      expect(run.result).not.toBe('running');
    }),
    { numRuns: 400 },
  );
});
