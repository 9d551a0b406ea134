/** A DAG's tasks as a graph with what is said of each beside it; too wide a graph becomes a list of upstreams. */
import type { GraphTask } from '../core/graph.js';
import { defaultTriggerRule } from '../core/trigger-rule.js';
import { drawGraph, type DrawnTask } from './draw-graph.js';
import { fit, formatDuration, style } from './output.js';

/** Room that is kept for a task's name. */
const NAME_ROOM = 40;

/** One line a task, below all that it waits for. */
export function formatTaskGraph(tasks: readonly GraphTask[], width: number): string {
  if (tasks.length === 0) return style('dim', 'no tasks');
  const drawn = drawGraph(tasks);
  const rails = drawn[0]?.rails.length ?? 0;
  return rails + NAME_ROOM <= width ? formatDrawn(drawn, width) : formatList(drawn, width);
}

function formatDrawn(drawn: readonly DrawnTask<GraphTask>[], width: number): string {
  const names = Math.max(...drawn.map(({ task }) => task.id.length));
  const lines = drawn.map(({ task, rails }) => {
    const room = width - rails.length - names - 4;
    const notes = fit(describe(task), Math.max(0, room));
    const line = notes === '' ? task.id : `${task.id.padEnd(names)}  ${style('dim', notes)}`;
    return `${paint(rails)}  ${line}`;
  });
  return lines.join('\n');
}

/** The task's own dot stands out. */
function paint(rails: string): string {
  return rails
    .split('●')
    .map((part) => style('dim', part))
    .join(style('cyan', '●'));
}

function formatList(drawn: readonly DrawnTask<GraphTask>[], width: number): string {
  const names = Math.max(...drawn.map(({ task }) => task.id.length));
  const lines = drawn.map(({ task }) => {
    const above = task.upstream.length === 0 ? '' : `after ${task.upstream.join(', ')}`;
    return `${task.id.padEnd(names)}  ${style('dim', fit(above, Math.max(20, width - names - 2)))}`;
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** `run_sql · teardown · all_done · 3 retries after 5 min 0 s · pool redshift`: what is not the default. */
function describe(task: GraphTask): string {
  const rule = task.triggerRule ?? defaultTriggerRule(task);
  const { retries, retryDelayMs, pool } = task.execution;
  return [
    task.operator,
    ...(task.mapGroup === undefined ? [] : ['mapped']),
    ...(task.setup === true ? ['setup'] : []),
    ...(task.teardown === true ? ['teardown'] : []),
    ...(rule === defaultTriggerRule(task) ? [] : [rule]),
    ...(retries === 0 || task.operator === 'empty'
      ? []
      : [`${String(retries)} × retry after ${formatDuration(retryDelayMs).replace(' 0 s', '')}`]),
    ...(pool === undefined ? [] : [`pool ${pool}`]),
  ].join(' · ');
}
