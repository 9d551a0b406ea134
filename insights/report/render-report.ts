/** The report: one HTML file that needs nothing else. The same results give the same bytes. Everything of the data is escaped. */
import { drawChart } from '../charts/draw-chart.js';
import type { ChartSpec } from '../charts/chart.js';
import type { InsightResult, QueryResult } from '../insight.js';
import { counted } from '../words.js';
import { escapeMarkup } from './escape-markup.js';
import { computeFigures, describePeriod } from './figures.js';
import { STYLE } from './style.js';
import { renderTable } from './table.js';

export interface ReportInput {
  /** Where the events come from, as people know it. */
  readonly source: string;
  readonly events: number;
  readonly badRecords: number;
  readonly overview: QueryResult;
  readonly insights: readonly InsightResult[];
}

/** Two drawings of a chart: text must not shrink with the screen. */
const WIDE_PX = 720;
const NARROW_PX = 320;

export async function renderReport(input: ReportInput): Promise<string> {
  const sections: string[] = [];
  for (const insight of input.insights) sections.push(await renderSection(insight));
  const period = describePeriod(input.overview);
  const title = `Sparkify insights, ${period}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#insights">Skip to the insights</a>
<div class="page">
${renderHeader(input, period)}
<div class="columns">
${renderContents(input.insights)}
<main id="insights">
${sections.join('\n')}
</main>
</div>
<footer>
<p>A share with an interval is an estimate: two groups whose intervals do not overlap differ by more than chance. What differs
need not be the cause. Days and hours are UTC unless a chart says otherwise.</p>
</footer>
</div>
</body>
</html>
`;
}

function renderHeader({ source, events, badRecords, overview }: ReportInput, period: string): string {
  const figures = computeFigures(overview).map(
    ({ value, label }) =>
      `<div class="figure"><dt>${escapeMarkup(label)}</dt><dd>${escapeMarkup(value)}</dd></div>`,
  );
  const bad =
    badRecords === 0 ? '' : `; ${counted(badRecords, 'bad record was', 'bad records were')} left out`;
  return `<header>
<p class="kicker">${escapeMarkup(period)}</p>
<h1>Sparkify insights</h1>
<p class="lead">${escapeMarkup(`${counted(events, 'event')} from ${source}${bad}.`)}</p>
<dl class="figures" aria-label="Key figures">
${figures.join('\n')}
</dl>
</header>`;
}

function renderContents(insights: readonly InsightResult[]): string {
  const items = insights.map(
    ({ insight: { number, id, title } }) =>
      `<li><a href="#${id}"><span class="n">${String(number)}</span><span>${escapeMarkup(title)}</span></a></li>`,
  );
  return `<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ol>
${items.join('\n')}
</ol>
</nav>`;
}

async function renderSection({ insight, results }: InsightResult): Promise<string> {
  const articles: string[] = [];
  // the only one is named by the section
  for (const result of results) articles.push(await renderArticle(result, results.length > 1));
  return `<section id="${insight.id}" aria-labelledby="${insight.id}-title">
<h2 id="${insight.id}-title"><span class="n">${String(insight.number)}</span><span>${escapeMarkup(insight.title)}</span></h2>
${articles.join('\n')}
</section>`;
}

async function renderArticle(result: QueryResult, hasName: boolean): Promise<string> {
  const { query, name, definition, unit, sql, rows } = result;
  const finding = query.finding?.(rows) ?? 'The data says nothing on this.';
  const charts = rows.length === 0 ? [] : (query.charts?.(rows) ?? []);
  const figures: string[] = [];
  for (const [index, chart] of charts.entries()) {
    figures.push(await renderFigure(chart, `c${query.file.replaceAll(/\W/g, '')}x${String(index)}`));
  }
  const shown = figures.length === 0 ? '' : `<div class="charts">${figures.join('\n')}</div>`;
  const open = figures.length === 0 && rows.length > 0 ? ' open' : '';
  return `<article>
${hasName ? `<h3>${escapeMarkup(name)}</h3>\n` : ''}<p class="finding">${escapeMarkup(finding)}</p>
<p class="definition"><b>Definition.</b> ${escapeMarkup(definition)} <b>Unit.</b> ${escapeMarkup(unit)}.</p>
${shown}
<details${open}><summary>Table</summary>${renderTable(result)}</details>
<details><summary>SQL</summary><div class="scroll" tabindex="0" role="region" aria-label="SQL"><pre><code>${escapeMarkup(sql.trimEnd())}</code></pre></div></details>
</article>`;
}

async function renderFigure(chart: ChartSpec, id: string): Promise<string> {
  const wide = await drawChart(chart, { width: WIDE_PX, id: `${id}w` });
  const narrow = await drawChart(chart, { width: NARROW_PX, id: `${id}n` });
  return `<figure><figcaption>${escapeMarkup(chart.title)}</figcaption>
<div class="wide">${wide}</div><div class="narrow">${narrow}</div></figure>`;
}
