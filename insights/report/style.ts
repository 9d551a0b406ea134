/** The report's style sheet. Colours are variables, which the charts use too; dark where the reader's system is dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --text: #1d232b; --muted: #59636e; --line: #e0ded7; --soft: #f0eee8;
  --accent: #0b6b62; --accent-soft: #e2f1ee;
  --c1: #0f766e; --c2: #d9700a; --c3: #5b5bd6; --c4: #c0397b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101418; --card: #181d23; --text: #e8eaed; --muted: #a0aab5; --line: #2c343d; --soft: #20272e;
    --accent: #5fd0c1; --accent-soft: #16302d;
    --c1: #4fc3b3; --c2: #f5a04a; --c3: #9c9cff; --c4: #f27db4;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}
a { color: var(--accent); text-underline-offset: 0.2em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 4px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; letter-spacing: -0.015em; }
h1 { font-size: clamp(1.9rem, 1.3rem + 2.6vw, 3rem); margin: 0 0 0.5rem; font-weight: 750; letter-spacing: -0.03em; }
h2 { font-size: clamp(1.3rem, 1.1rem + 0.9vw, 1.7rem); margin: 0; font-weight: 700; }
h3 { font-size: 1.05rem; margin: 0; font-weight: 650; }
.page { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem) 4rem; }
header { padding: clamp(2rem, 6vw, 4.5rem) 0 1.5rem; }
.kicker { color: var(--accent); font-weight: 650; font-size: 0.9rem; margin: 0 0 0.75rem; }
.lead { color: var(--muted); font-size: 1.08rem; max-width: 46rem; margin: 0; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.75rem; margin: 1.5rem 0 0; padding: 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1rem 1.1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figure dt { color: var(--muted); font-size: 0.86rem; line-height: 1.35; }
.figure dd { margin: 0; font-size: 1.65rem; font-weight: 720; letter-spacing: -0.025em; font-variant-numeric: tabular-nums; line-height: 1.25; }
.columns { display: grid; gap: 2rem; margin-top: 2rem; }
nav { font-size: 0.93rem; }
nav h2 { font-size: 0.9rem; letter-spacing: 0; color: var(--muted); font-weight: 600; }
nav ol { list-style: none; margin: 0.6rem 0 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0 1rem; }
nav a { display: flex; gap: 0.6rem; padding: 0.35rem 0; color: inherit; text-decoration: none; }
nav a:hover { color: var(--accent); text-decoration: underline; }
nav .n { color: var(--muted); min-width: 1.4em; text-align: right; font-variant-numeric: tabular-nums; }
main { min-width: 0; display: grid; gap: 2rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 18px; padding: clamp(1.1rem, 3vw, 2rem); min-width: 0; scroll-margin-top: 1rem; }
section > h2 { display: flex; gap: 0.6rem; align-items: baseline; }
section > h2 .n { color: var(--accent); font-variant-numeric: tabular-nums; }
article { margin-top: 1.5rem; min-width: 0; }
article + article { border-top: 1px solid var(--line); padding-top: 1.5rem; margin-top: 1.75rem; }
.finding { font-size: 1.08rem; line-height: 1.5; margin: 0.7rem 0 0; padding: 0.8rem 1rem; background: var(--accent-soft); border-left: 4px solid var(--accent); border-radius: 4px 10px 10px 4px; max-width: 52rem; }
.definition { color: var(--muted); font-size: 0.92rem; margin: 0.75rem 0 0; max-width: 52rem; }
.definition b { color: var(--text); font-weight: 600; }
.charts { display: grid; gap: 1.5rem 2rem; margin-top: 1.25rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 0.93rem; font-weight: 600; line-height: 1.4; margin-bottom: 0.5rem; }
figure svg { display: block; width: 100%; height: auto; max-width: 100%; overflow: visible; color: var(--text); font-family: inherit; }
figure svg text { font-family: inherit; }
.narrow { display: none; }
@media (max-width: 38rem) { .narrow { display: block; } .wide { display: none; } }
details { margin-top: 0.9rem; font-size: 0.92rem; }
details + details { margin-top: 0.3rem; }
summary { cursor: pointer; color: var(--accent); font-weight: 600; padding: 0.25rem 0; width: fit-content; }
.scroll { overflow: auto; max-height: 26rem; border: 1px solid var(--line); border-radius: 10px; margin-top: 0.5rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.8rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--soft); font-weight: 600; }
tr:last-child td { border-bottom: 0; }
td.r, th.r { text-align: right; }
td.t { max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
pre { margin: 0; padding: 1rem; font: 0.8rem/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; tab-size: 2; background: var(--soft); min-width: fit-content; }
.note { color: var(--muted); font-size: 0.87rem; margin: 0.4rem 0 0; }
footer { color: var(--muted); font-size: 0.9rem; margin-top: 2rem; max-width: 52rem; }
@media (min-width: 44rem) { .figures { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
@media (min-width: 68rem) {
  .columns { grid-template-columns: 13.5rem minmax(0, 1fr); gap: 2.5rem; }
  nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow: auto; }
  nav ol { grid-template-columns: 1fr; }
}
@media print {
  body { background: none; } nav { display: none; } .columns { display: block; }
  section { border: 0; padding: 0; margin-bottom: 2rem; } figure { break-inside: avoid; }
}
`;
