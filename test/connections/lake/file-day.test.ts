/** Which day a file is of, and the days of a span. */
import { describe, expect, it } from '@jest/globals';
import { addDays, findFileDay, isDay, listDays } from '../../../connections/lake/file-day.js';

describe('the day of a file', () => {
  it.each([
    ['2018/11/2018-11-05-events.json', '2018-11-05'],
    ['date=2018-11-05/part.json.gz', '2018-11-05'],
    ['logs/2018/11/05/a.json', '2018-11-05'],
    ['2018/11/05/a.json', '2018-11-05'],
    ['export-2018-12-01/2018-11-05.json', '2018-11-05'],
    ['2018/11/events.json', undefined],
    ['2018-13-05.json', undefined],
    ['2018-02-30.json', undefined],
    ['events-20181105.json', undefined],
  ])('%s is %s', (name, day) => {
    expect(findFileDay(name)).toBe(day);
  });
});

describe('days', () => {
  it('go over month ends and leap days, and a span that is empty has none', () => {
    expect(listDays('2020-02-28', '2020-03-02')).toEqual(['2020-02-28', '2020-02-29', '2020-03-01']);
    expect(listDays('2018-11-02', '2018-11-02')).toEqual([]);
    expect(addDays('2019-01-01', -1)).toBe('2018-12-31');
    expect(['2018-11-01', '2018-11-31', '2018-1-1', 'soon'].map(isDay)).toEqual([true, false, false, false]);
  });
});
