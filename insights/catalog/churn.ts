/** Insight 7. */
import { amount, days, intervals, lines } from '../charts/chart.js';
import type { ChartSpec } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { areApart, counted, day, highest, lowest, num, percent, sum, text } from '../words.js';

const LARGEST_REGIONS = 10;

/** A chart for each dimension but the whole; of the regions the largest. */
function groupCharts(rows: Rows): readonly ChartSpec[] {
  const small = rows.filter((row) => !['region', 'all users'].includes(text(row, 'dimension')));
  const regions = rows
    .filter((row) => row['dimension'] === 'region')
    .sort((a, b) => num(b, 'users') - num(a, 'users'))
    .slice(0, LARGEST_REGIONS);
  const labelled = small.map((row) => ({
    ...row,
    name:
      row['dimension'] === 'thumbs down per 1,000 songs'
        ? `${text(row, 'value')} thumbs down`
        : `${text(row, 'dimension')} ${text(row, 'value')}`,
  }));
  const charts: ChartSpec[] = [];
  if (labelled.length > 0)
    charts.push(
      intervals(labelled, {
        title: 'Share of users who cancelled, by level, gender, device and thumbs down per 1,000 songs',
        names: 'name',
      }),
    );
  if (regions.length > 0)
    charts.push(
      intervals(regions, {
        title: 'Share of users who cancelled, in the regions with most users',
        names: 'value',
      }),
    );
  return charts;
}

/** The two groups of a dimension that are furthest apart, if their intervals do not meet. */
function describeGap(rows: Rows, dimension: string): string | undefined {
  const own = rows.filter((row) => row['dimension'] === dimension);
  const [high, low] = [highest(own, 'share'), lowest(own, 'share')];
  if (high === undefined || low === undefined || !areApart(high, low)) return undefined;
  return `by ${dimension}: ${percent(num(high, 'share'))} (${text(high, 'value')}) against ${percent(num(low, 'share'))} (${text(low, 'value')})`;
}

export const churn: Insight = {
  number: 7,
  id: 'churn',
  title: 'Churn',
  queries: [
    {
      file: '07-churn-by-week',
      needs: 'cancellations',
      charts: (rows) => [
        lines(rows, {
          title: 'Share of the users at risk who cancel, by week',
          x: days('week'),
          y: amount('share', 'share of users at risk', { format: '~%' }),
          band: ['low', 'high'],
          interpolate: 'linear',
          points: true,
        }),
      ],
      finding: (rows) => {
        const worst = highest(rows, 'share');
        if (worst === undefined) return undefined;
        const cancelled = sum(rows, 'cancelled');
        if (cancelled === 0) return 'Nobody cancelled.';
        return (
          `${counted(cancelled, 'user')} cancelled, ${percent(cancelled / sum(rows, 'at_risk'))} of the users at risk in an average week. ` +
          `The highest share was ${percent(num(worst, 'share'))}, in the week of ${day(text(worst, 'week'))}.`
        );
      },
    },
    {
      file: '07-churn-by-group',
      needs: 'cancellations',
      charts: groupCharts,
      finding: (rows) => {
        const all = rows.find((row) => row['dimension'] === 'all users');
        if (all === undefined) return 'There are fewer than 20 users: too few for shares.';
        const gaps = ['thumbs down per 1,000 songs', 'level', 'gender', 'device', 'region'].flatMap(
          (dimension) => describeGap(rows, dimension) ?? [],
        );
        const differences =
          gaps.length === 0
            ? 'No two groups differ by more than chance would explain.'
            : `Groups differ ${gaps.join('; ')}.`;
        return `${percent(num(all, 'share'))} of ${counted(num(all, 'users'), 'user')} cancelled. ${differences}`;
      },
    },
  ],
};
