/** Insights 5 and 6: up and down between the levels. */
import { bars, intervals } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { areApart, count, counted, decimal, num, percent, text } from '../words.js';

const funnel = (title: string) => (rows: Rows) => [
  bars(rows, { title, names: 'what', value: 'users', unit: 'users', format: ',d' }),
];

export const conversion: Insight = {
  number: 5,
  id: 'conversion',
  title: 'From free to paid',
  queries: [
    {
      file: '05-conversion',
      charts: (rows) => [
        bars(
          rows.map((row) => ({ ...row, name: `within ${text(row, 'within_days')} days` })),
          {
            title: 'Share of users who began at level free and upgraded',
            names: 'name',
            value: 'share',
            unit: 'share of users',
            format: '.1%',
          },
        ),
      ],
      finding: (rows) => {
        const last = rows.at(-1);
        if (last === undefined) return undefined;
        const median =
          num(last, 'upgraded') === 0
            ? ''
            : ` Half of those who upgrade do so within ${decimal(num(last, 'median_days'))} days.`;
        return (
          `${percent(num(last, 'share'))} of ${counted(num(last, 'users'), 'user')} who began at level free upgraded within ` +
          `${text(last, 'within_days')} days.${median}`
        );
      },
    },
    {
      file: '05-upgrade-funnel',
      charts: funnel('From the free level to an upgrade'),
      finding: (rows) => {
        const [free, viewed, sent] = rows;
        if (num(free, 'users') === 0) return undefined;
        return (
          `Of ${counted(num(free, 'users'), 'user')} at level free, ${count(num(viewed, 'users'))} opened the upgrade page ` +
          `(${percent(num(viewed, 'share_of_first'))}) and ${count(num(sent, 'users'))} then upgraded (${percent(num(sent, 'share_of_first'))}).`
        );
      },
    },
    {
      file: '05-conversion-by-adverts',
      needs: 'adverts',
      charts: (rows) => [
        intervals(
          rows.map((row) => ({ ...row, name: `${text(row, 'adverts')} adverts` })),
          {
            title: 'Share who upgrade in the two weeks after the first day, by the adverts seen on it',
            names: 'name',
          },
        ),
      ],
      finding: (rows) => {
        const [first, last] = [rows[0], rows.at(-1)];
        if (first === undefined || last === undefined) return undefined;
        if (first === last)
          return `All of these users saw ${text(first, 'adverts')} adverts on their first day.`;
        return (
          `${percent(num(first, 'share'))} upgrade after ${text(first, 'adverts')} adverts on the first day, ` +
          `${percent(num(last, 'share'))} after ${text(last, 'adverts')}: ` +
          (areApart(first, last) ? 'more than chance.' : 'no difference that chance would not explain.')
        );
      },
    },
  ],
};

export const downgrades: Insight = {
  number: 6,
  id: 'downgrades',
  title: 'From paid to free, and back',
  queries: [
    {
      file: '06-downgrade-funnel',
      charts: funnel('From the paid level to a downgrade, and back'),
      finding: (rows) => {
        const [paid, viewed, sent, followed, back] = rows;
        if (num(paid, 'users') === 0) return undefined;
        const after =
          num(followed, 'users') === 0
            ? 'None of them can be followed for 14 days.'
            : `${count(num(back, 'users'))} of the ${count(num(followed, 'users'))} who can be followed paid again within 14 days.`;
        return (
          `Of ${counted(num(paid, 'users'), 'paying user')}, ${count(num(viewed, 'users'))} opened the downgrade page and ` +
          `${count(num(sent, 'users'))} went through with it (${percent(num(sent, 'share_of_previous'))} of those who looked). ${after}`
        );
      },
    },
  ],
};
