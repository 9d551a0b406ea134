/** A DAG's graph as Mermaid text: groups as subgraphs, setups, teardowns and unusual trigger rules marked. Pure. */
import type { GraphTask } from '../core/graph.js';
import { defaultTriggerRule } from '../core/trigger-rule.js';

/** Tasks and groups inside one group; the DAG itself is the outermost. */
interface Group {
  readonly groups: Map<string, Group>;
  readonly tasks: GraphTask[];
}

/** The flowchart, left to right. */
export function formatMermaid(tasks: readonly GraphTask[]): string {
  const names = new Map(tasks.map(({ id }, index) => [id, `t${String(index)}`])); // `end` is a keyword of Mermaid
  const nameOf = (id: string): string => names.get(id) ?? id;
  const counter = { groups: 0 };
  return [
    'flowchart LR',
    ...formatGroup(collectGroups(tasks), nameOf, counter, ''),
    ...tasks.flatMap((task) => task.upstream.map((id) => `  ${nameOf(id)} --> ${nameOf(task.id)}`)),
  ].join('\n');
}

function collectGroups(tasks: readonly GraphTask[]): Group {
  const root: Group = { groups: new Map(), tasks: [] };
  for (const task of tasks) {
    let group = root;
    for (const name of task.id.split('.').slice(0, -1)) {
      const inner = group.groups.get(name) ?? { groups: new Map(), tasks: [] };
      group.groups.set(name, inner);
      group = inner;
    }
    group.tasks.push(task);
  }
  return root;
}

function formatGroup(
  group: Group,
  nameOf: (id: string) => string,
  counter: { groups: number },
  indent: string,
): readonly string[] {
  const inside = `${indent}  `;
  const nodes = group.tasks.map((task) => `${inside}${nameOf(task.id)}${formatNode(task)}`);
  const groups = [...group.groups].flatMap(([name, inner]) => [
    `${inside}subgraph g${String((counter.groups += 1))}["${escape(name)}"]`,
    ...formatGroup(inner, nameOf, counter, inside),
    `${inside}end`,
  ]);
  return [...nodes, ...groups];
}

function formatNode(task: GraphTask): string {
  const name = task.id.split('.').at(-1) ?? task.id;
  const rule = task.triggerRule ?? defaultTriggerRule(task);
  const notes = [
    ...(task.mapGroup === undefined ? [] : ['mapped']),
    ...(task.setup === true ? ['setup'] : []),
    ...(task.teardown === true ? ['teardown'] : []),
    ...(rule === defaultTriggerRule(task) ? [] : [rule]),
  ];
  const label = `"${[name, task.operator, ...notes].map(escape).join('<br/>')}"`;
  if (task.setup === true) return `[/${label}\\]`;
  return task.teardown === true ? `[\\${label}/]` : `[${label}]`;
}

function escape(text: string): string {
  return text.replaceAll('"', '#quot;');
}
