/** The folder that a run leaves: complete, the same each time, put in place as a whole, and safe against what data may hold. */
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFileSink } from '../../generator/sinks/local-file.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { drawChart } from '../../insights/charts/draw-chart.js';
import { lines } from '../../insights/charts/chart.js';
import { chooseInsights, INSIGHTS } from '../../insights/catalog/index.js';
import { produceInsights, type ProduceResult } from '../../insights/produce.js';
import { readQuery } from '../../insights/read-query.js';
import { formatRows } from '../../insights/tables.js';
import { createScratchFolder } from '../support/scratch.js';
import { song } from './hand-made.js';

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let result: ProduceResult;
let source: string;
let out: string;
const all = { insights: INSIGHTS, formats: ['csv', 'json'] as const, threads: 2 };

beforeAll(async () => {
  scratch = await createScratchFolder();
  source = path.join(scratch.dir, 'events.json.gz');
  out = path.join(scratch.dir, 'report');
  await writeData(parseGeneratorSpec({ users: 60, seed: 3 }), createFileSink(source));
  result = await produceInsights(source, out, all);
});
afterAll(() => scratch.remove());

async function readFolder(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')] as const),
  );
  return Object.fromEntries(texts);
}

describe('a run', () => {
  it('writes the report, the findings, and a table for each query in both formats', async () => {
    const files = Object.keys(await readFolder(out));
    const queries = INSIGHTS.flatMap((insight) => insight.queries.map(({ file }) => file));
    expect(files.toSorted()).toEqual(
      [
        'insights.json',
        'report.html',
        ...['00-overview', ...queries].flatMap((file) => [`tables/${file}.csv`, `tables/${file}.json`]),
      ].toSorted(),
    );
    expect(result.insights).toHaveLength(15);
    for (const { findings } of result.insights) expect(findings).not.toEqual([]);
  });

  it('gives the same bytes again, whatever the number of threads, and replaces what it wrote before', async () => {
    const before = await readFolder(out);
    await produceInsights(source, out, { ...all, threads: 1 });
    expect(await readFolder(out)).toEqual(before);
    expect((await readdir(scratch.dir)).toSorted()).toEqual([
      'events.json.gz',
      'events.json.gz.manifest.json',
      'report',
    ]);
  });

  it('takes no events after the end that it is given', async () => {
    const early = await produceInsights(source, path.join(scratch.dir, 'early'), {
      ...all,
      insights: chooseInsights(['1']),
      until: new Date('2018-10-08T00:00:00Z'),
    });
    expect(early.insights[0]?.tables[0]?.rows).toBe(7);
    expect(early.events).toBeLessThan(result.events);
  });

  it('leaves a folder with other files alone', async () => {
    const folder = path.join(scratch.dir, 'mine');
    await mkdir(folder);
    await writeFile(path.join(folder, 'thesis.txt'), 'precious');
    await expect(produceInsights(source, folder, all)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('thesis.txt'),
    });
    expect(await readFolder(folder)).toEqual({ 'thesis.txt': 'precious' });
  });

  it('leaves the folder as it was when it is stopped', async () => {
    const before = await readFolder(out);
    const stop = new AbortController();
    const stopped = produceInsights(source, out, {
      ...all,
      signal: stop.signal,
      onProgress: (_, done) => {
        if (done === 5) stop.abort(new Error('stopped'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await readFolder(out)).toEqual(before);
  });

  it('names the insights there are when one is asked for that is not', () => {
    expect(() => chooseInsights(['churn', 'chrn'])).toThrow(
      /"chrn" is no insight\. There are: 1 active-users/,
    );
    expect(chooseInsights(['churn', '1']).map(({ number }) => number)).toEqual([1, 7]);
  });
});

describe('the report', () => {
  let html: string;
  beforeAll(async () => {
    html = await readFile(path.join(out, 'report.html'), 'utf8');
  });

  it('needs nothing from elsewhere', () => {
    const addresses = [...html.matchAll(/(?:src|href|xlink:href)="([^"]*)"/g)].map(
      ([, address = '']) => address,
    );
    expect(addresses.filter((address) => !address.startsWith('#'))).toEqual([]);
    expect(html).not.toMatch(/<script|<link|@import|url\(\s*["']?(?!#)/i);
  });

  it('has a section with finding, definition and SQL for each insight, and links to them', () => {
    for (const { id } of INSIGHTS) {
      expect(html).toContain(`<a href="#${id}">`);
      expect(html).toContain(`<section id="${id}" aria-labelledby="${id}-title">`);
    }
    const queries = INSIGHTS.reduce((sum, { queries }) => sum + queries.length, 0);
    expect(html.match(/<p class="finding">/g)).toHaveLength(queries);
    expect(html.match(/<summary>SQL<\/summary>/g)).toHaveLength(queries);
  });

  it('names every drawing, and no two alike', () => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const drawings = [
      ...html.matchAll(/<svg [^>]*aria-labelledby="([^"]+)"[^>]*><title id="([^"]+)">[^<]+</g),
    ];
    expect(drawings.length).toBeGreaterThan(40);
    expect(drawings.length).toBe(html.match(/<svg /g)?.length);
    for (const [, label, title] of drawings) expect(label).toBe(title);
  });

  it('leaves colours to the page, for light and dark', () => {
    expect(html).toContain('@media (prefers-color-scheme: dark)');
    const drawings = html.slice(html.indexOf('<svg'));
    expect(drawings).not.toMatch(/(?:fill|stroke)="(?:#|rgb|black|white)/);
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });
});

describe('what data may hold', () => {
  const hostile = '</td><script>alert("1")</script><img src=x onerror=alert(2)>';

  test('never becomes markup', async () => {
    const file = path.join(scratch.dir, 'hostile.json');
    const events = Array.from({ length: 25 }, (_, index) => [
      song(`1 10:${String(index + 10)}`, 'a', {
        artist: hostile,
        song: `${hostile}'"&`,
        itemInSession: 2 * index,
      }),
      {
        ...song(`1 10:${String(index + 10)}`, 'a'),
        page: 'Thumbs Down',
        artist: null,
        song: null,
        itemInSession: 2 * index + 1,
      },
    ]).flat();
    await writeFile(
      file,
      [...events, { ...events[0], page: hostile, level: hostile }]
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    );
    const folder = path.join(scratch.dir, hostile.replaceAll('/', '-'));
    await produceInsights(file, folder, all);
    const html = await readFile(path.join(folder, 'report.html'), 'utf8');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|<img/i);
    expect(html.match(/<td/g)?.length).toBe(html.match(/<\/td>/g)?.length);
  });

  test('keeps its cells in CSV', async () => {
    const query = INSIGHTS[0]?.queries[0] ?? { file: '' };
    const table = {
      query,
      ...(await readQuery(query.file)),
      columns: ['a', 'b', 'c', 'd'],
      rows: [
        { a: 'x, "y"', b: null, c: '', d: 1.5 },
        { a: 'two\nlines', b: true, c: 'Ñ', d: 0 },
      ],
    };
    expect(formatRows(table, 'csv')).toBe('a,b,c,d\n"x, ""y""",,"",1.5\n"two\nlines",true,Ñ,0\n');
    expect(JSON.parse(formatRows(table, 'json'))).toEqual(table.rows);
    expect(formatRows({ ...table, rows: [] }, 'csv')).toBe('a,b,c,d\n');
  });
});

test('a drawing is the same on every machine', async () => {
  const chart = lines(
    [
      { x: 1, y: 2 },
      { x: 2, y: 4 },
    ],
    {
      title: 'Two & two',
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      interpolate: 'linear',
    },
  );
  const svg = await drawChart(chart, { width: 200, id: 'golden' });
  expect(await drawChart(chart, { width: 200, id: 'golden' })).toBe(svg);
  expect(svg).toBe((await readFile('test/insights/golden-chart.svg', 'utf8')).trimEnd());
});

test('the documentation has the definitions of the SQL files', async () => {
  const page = (await readFile('docs/insights.md', 'utf8')).replaceAll(/\s+/g, ' ');
  for (const { queries } of INSIGHTS) {
    for (const { file } of queries) {
      const { name, definition, unit } = await readQuery(file);
      expect(page).toContain(
        `**${name}** ([${file}.sql](../sql/insights/${file}.sql)). ${definition} Unit: ${unit}.`,
      );
    }
  }
});
