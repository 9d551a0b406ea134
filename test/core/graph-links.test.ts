/** The edges of a graph from above and from below. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunGraph } from '../../core/graph.js';
import { collectReachable, computeDownstream, computeUpstream } from '../../core/graph-links.js';

/** Tasks t0 … tn; each has some of the earlier ones upstream. */
const graphs: fc.Arbitrary<RunGraph> = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 15 })
  .map((rows) => ({
    tasks: rows.map((edges, position) => ({
      id: `t${position}`,
      upstream: position === 0 ? [] : [...new Set(edges.map((edge) => `t${edge % position}`))],
    })),
  }));

test('each edge is seen from both of its ends, and no other', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const ids = graph.tasks.map(({ id }) => id);
      const upstream = computeUpstream(graph);
      const downstream = computeDownstream(graph);
      const fromBelow = ids.flatMap((id) => upstream(id).map((above) => `${above}→${id}`));
      const fromAbove = ids.flatMap((id) => downstream(id).map((below) => `${id}→${below.id}`));
      expect(fromAbove.toSorted()).toEqual(fromBelow.toSorted());
    }),
  );
});

test('what is reachable downstream is what reaches it upstream', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const upstream = computeUpstream(graph);
      const downstream = computeDownstream(graph);
      for (const { id } of graph.tasks) {
        for (const below of collectReachable([id], (at) => downstream(at).map((task) => task.id))) {
          expect(collectReachable([below], upstream)).toContain(id);
        }
      }
    }),
  );
});

test('an id that the graph does not have has nothing above and nothing below', () => {
  const graph = { tasks: [{ id: 'a', upstream: ['gone'] }] };
  expect(computeUpstream(graph)('gone')).toEqual([]);
  expect(computeDownstream(graph)('gone')).toEqual([]);
});
