/** The card's style: follows the reader's dark mode, and lets wide tables scroll on a phone instead of the page. */
export const CARD_STYLE = `
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --line: #8885; --note: #0072b214; --warn: #d55e0022; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181b; --note: #56b4e922; --warn: #d55e0044; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figure svg { width: 100%; height: auto; }
figcaption { font-size: .85rem; }
.note, .warning { padding: .6rem .9rem; border-radius: .4rem; background: var(--note); } .warning { background: var(--warn); }
code { font-size: .8rem; overflow-wrap: anywhere; }
`;
