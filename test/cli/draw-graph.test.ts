/** Drawings must not lie: every edge is drawn, and no other. */
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { drawGraph } from '../../cli/draw-graph.js';
import { formatMermaid } from '../../cli/mermaid.js';
import type { GraphTask, RunGraphTask } from '../../core/graph.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';

/** `{ c: 'a b' }`: c is below a and b. */
function tasksOf(upstream: Readonly<Record<string, string>>): readonly RunGraphTask[] {
  return Object.entries(upstream).map(([id, above]) => ({
    id,
    upstream: above.split(' ').filter((name) => name !== ''),
  }));
}

const draw = (tasks: readonly RunGraphTask[]): string =>
  drawGraph(tasks)
    .map(({ task, rails }) => `${rails} ${task.id}`)
    .join('\n');

/** Follows the strokes of a drawing back to edges: what a reader sees. */
function readEdges(lines: readonly { readonly task: RunGraphTask; readonly rails: string }[]): Set<string> {
  const edges = new Set<string>();
  const owner: (string | undefined)[] = []; // of the rail in each lane
  for (const { task, rails } of lines) {
    const dot = rails.indexOf('●');
    const cells = [...rails];
    const joins: number[] = [];
    const walk = (step: 1 | -1): void => {
      for (let at = dot + step; cells[at] !== undefined && cells[at] !== ' '; at += step) {
        const isStroke = cells[at] === '─' || cells[at] === '│';
        if (!isStroke) joins.push(at);
        if ('├╰'.includes(cells[at] ?? '') && step === -1) break;
        if ('┤╯'.includes(cells[at] ?? '') && step === 1) break;
        if (cells[at] === '│' && cells[at + step] !== '─') break;
      }
    };
    if (cells[dot - 1] === '─') walk(-1);
    if (cells[dot + 1] === '─') walk(1);
    const above = owner[dot / 2];
    if (above !== undefined) edges.add(`${above}>${task.id}`);
    for (const at of joins) edges.add(`${String(owner[at / 2])}>${task.id}`);
    for (let lane = 0; lane * 2 < cells.length; lane += 1) {
      if ('╰╯┴ ─'.includes(cells[lane * 2] ?? ' ')) owner[lane] = undefined;
    }
    owner[dot / 2] = task.id;
  }
  return edges;
}

describe('the drawn graph', () => {
  test('has the shape of the Sparkify load', () => {
    expect(draw(awstRedshiftDag.graph.tasks)).toBe(
      [
        '●       begin_execution',
        '├─●     stage_events',
        '● │     stage_songs',
        '●─╯     load_songplays_fact_table',
        '├─●     load_users_dim_table',
        '├─│─●   load_songs_dim_table',
        '├─│─│─● load_artists_dim_table',
        '● │ │ │ load_time_dim_table',
        '●─┴─┴─╯ run_data_quality_checks',
        '●       stop_execution',
      ].join('\n'),
    );
  });

  test('shows edges that skip a step, and joins that share an upstream', () => {
    expect(draw(tasksOf({ a: '', b: 'a', c: 'a b', d: 'c a' }))).toBe(
      ['●     a', '├─●   b', '├─┴─● c', '●───╯ d'].join('\n'),
    );
    expect(draw(tasksOf({ a: '', b: '', c: 'a', d: 'a b', e: 'b' }))).toBe(
      ['●     a', '│ ●   b', '├─│─● c', '●─┤   d', '  ●   e'].join('\n'),
    );
  });

  test('keeps tasks apart that have nothing to do with each other', () => {
    expect(draw(tasksOf({ a: '', b: '', c: '' }))).toBe(['●   a', '  ● b', '●   c'].join('\n'));
  });

  test('can be read back to the edges of any graph', () => {
    const graphs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(graphs, (choices) => {
        const tasks = choices.map((picks, index) => ({
          id: `t${String(index)}`,
          upstream: index === 0 ? [] : [...new Set(picks.map((pick) => `t${String(pick % index)}`))],
        }));
        const edges = new Set(tasks.flatMap(({ id, upstream }) => upstream.map((above) => `${above}>${id}`)));
        const seen = readEdges(drawGraph(tasks));
        // a dot below the dot of a task without downstream is a rail's start: nothing leads to it
        expect([...seen].toSorted()).toEqual([...edges].toSorted());
      }),
      { numRuns: 500 },
    );
  });

  test('of a thousand tasks has a line for each', () => {
    const tasks = Array.from({ length: 1000 }, (_, index) => ({
      id: `t${String(index)}`,
      upstream: index === 0 ? [] : [`t${String(index >> 1 === index ? 0 : (index - 1) >> 1)}`],
    }));
    const drawn = drawGraph(tasks).map(({ task }) => task.id);
    expect(drawn.sort()).toEqual(tasks.map(({ id }) => id).sort());
  });
});

describe('the Mermaid text', () => {
  const execution = {
    retries: 0,
    retryDelayMs: 0,
    retryBackoff: 1,
    maxRetryDelayMs: 0,
    executionTimeoutMs: 0,
    heartbeatTimeoutMs: 0,
  };
  const node = (id: string, upstream: readonly string[], more: Partial<GraphTask> = {}): GraphTask => ({
    id,
    upstream,
    operator: 'inline',
    execution,
    ...more,
  });

  test('has groups as subgraphs, and marks setups, teardowns and trigger rules', () => {
    const text = formatMermaid([
      node('create', [], { setup: true }),
      node('stage.events', ['create']),
      node('stage.deep.songs', ['create'], { triggerRule: 'all_done' }),
      node('end', ['stage.events', 'stage.deep.songs', 'create'], { teardown: true }),
    ]);
    expect(text).toBe(`flowchart LR
  t0[/"create<br/>inline<br/>setup"\\]
  t3[\\"end<br/>inline<br/>teardown"/]
  subgraph g1["stage"]
    t1["events<br/>inline"]
    subgraph g2["deep"]
      t2["songs<br/>inline<br/>all_done"]
    end
  end
  t0 --> t1
  t0 --> t2
  t1 --> t3
  t2 --> t3
  t0 --> t3`);
  });

  test('has every node and edge of the Sparkify load once', () => {
    const { tasks } = awstRedshiftDag.graph;
    const lines = formatMermaid(tasks).split('\n');
    const names = lines.flatMap((line) => /^ +(t\d+)\[/.exec(line)?.[1] ?? []);
    expect(new Set(names).size).toBe(tasks.length);
    const edges = lines.filter((line) => line.includes('-->'));
    expect(edges).toHaveLength(tasks.reduce((sum, { upstream }) => sum + upstream.length, 0));
    expect(edges.every((line) => /^ {2}t\d+ --> t\d+$/.test(line))).toBe(true);
  });
});
