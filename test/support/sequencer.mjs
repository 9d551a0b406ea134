// Jest's order of suites, but for those that take minutes: they begin first, so that none of them is alone at the end. The largest runs
// begin beside suites that mostly wait.
import Sequencer from '@jest/test-sequencer';

const FIRST = [
  'workflows/scale',
  'dags/kafka-outages',
  'workflows/two-versions',
  'spark/churn-training',
  'spark/stream-events',
  'activities/emr',
  'dags/kafka-ingest',
  'install/package',
];

const rank = ({ path }) => {
  const found = FIRST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return found === -1 ? FIRST.length : found;
};

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const usual = await super.sort([...tests]);
    return usual.toSorted((a, b) => rank(a) - rank(b)); // stable
  }
}
