"""The style sheet of the HTML report, and its colours."""

from __future__ import annotations

#: viridis of matplotlib, at eighths: even steps of lightness, for the colour-blind too.
VIRIDIS = (
    *("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c"),
    *("#28ae80", "#5ec962", "#addc30", "#fde725"),
)

STYLE = """\
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1e22; --quiet: #59616b; --line: #d8dde3;
  --panel: #f4f6f8; --mark: #0072b2; --box: #56b4e966; --point: #0072b2;
  --mean: #b34700; --warn: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --text: #e6e9ed; --quiet: #a3acb7; --line: #363d46;
    --panel: #1e2329; --mark: #56b4e9; --box: #56b4e944; --point: #7cc4ef;
    --mean: #f0a35e; --warn: #e6b450;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem;
  background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--mark); }
nav ul { list-style: none; padding: 0; margin: .75rem 0; }
nav li { display: inline-block; margin: .2rem 1rem .2rem 0; }
h4 { font-size: 1rem; margin: .75rem 0 .1rem; }
.quiet { color: var(--quiet); font-size: .875rem; }
.warn { border-left: 4px solid var(--warn); padding: .1rem .75rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; }
.tiles div { background: var(--panel); border-radius: .5rem; padding: .6rem 1rem; }
.tiles dt { color: var(--quiet); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); font-size: .875rem;
  padding: .25rem 0; }
th, td { padding: .35rem .5rem; text-align: right; vertical-align: baseline; }
th { font-weight: 600; }
thead th { border-bottom: 2px solid var(--line); font-size: .875rem; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody th, thead th:first-child { text-align: left; }
tr.average { background: var(--panel); }
tr.unscored { color: var(--quiet); }
td.text, th.text { text-align: left; }
table.left tbody th { min-width: 9rem; }
td span { white-space: nowrap; }
summary { cursor: pointer; font-weight: 600; padding: .4rem 0; }
.strips { margin: .5rem 0; }
.strip {
  display: grid; grid-template-columns: 11rem 1fr; gap: .25rem .75rem;
  align-items: center; border-bottom: 1px solid var(--line);
}
.strip.axis { border: 0; color: var(--quiet); }
.strip svg { display: block; width: 100%; height: 36px; overflow: visible; }
.strip.axis svg { height: 20px; }
.plot { padding: 0 1rem; }
svg text { fill: var(--quiet); font-size: 12px; }
svg .grid { stroke: var(--line); }
svg .box { fill: var(--box); stroke: var(--mark); }
svg .line { stroke: var(--mark); stroke-width: 1.5; }
svg .point { fill: var(--point); fill-opacity: .55; }
svg .mean { stroke: var(--mean); stroke-width: 2.5; fill: var(--mean); }
.key { display: inline-block; width: .9em; height: .9em; border-radius: .15em;
  vertical-align: -.1em; margin-right: .35em; border: 1px solid var(--line); }
.keys { list-style: none; padding: 0; }
.keys li { display: inline-block; margin-right: 1.1rem; }
.heat { table-layout: fixed; max-width: 48rem; font-size: .8125rem; }
.heat tr { border: 0; }
.heat th { font-weight: 400; padding: .2rem .4rem; vertical-align: middle; }
.heat thead th { border: 0; vertical-align: bottom; }
.heat .corner { width: 9rem; }
.heat .turned { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  max-height: 9rem; display: inline-block; line-height: 1.2; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; }
.heat thead th:not(.corner) { text-align: center; padding: .2rem 0; }
.heat.few thead span, .heat.short thead span { writing-mode: horizontal-tb;
  transform: none; white-space: normal; }
.heat td { padding: 0; height: 2.25rem; text-align: center; vertical-align: middle;
  border: 1px solid var(--page); }
.heat .none { color: var(--quiet); background: var(--panel); }
.heat.many td { height: 1.1rem; }
.heat.many th { padding: 0 .3rem; font-size: .75rem; line-height: 1.1; }
.heat.many thead th { padding: 0; white-space: nowrap; }
.heat.many .corner { width: 3rem; }
.picture { width: 100%; height: auto; max-width: 40rem; image-rendering: pixelated;
  border: 1px solid var(--line); }
.scale { height: .8rem; max-width: 20rem; border-radius: .2rem; }
.ends { display: flex; justify-content: space-between; max-width: 20rem; }
.cards { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
figure { margin: 0; background: var(--panel); border-radius: .5rem; padding: .75rem; }
figure img { display: block; width: 100%; height: auto; image-rendering: pixelated;
  max-height: 20rem; object-fit: contain; background: #24282d; }
figcaption { margin-bottom: .5rem; }
figure ul { list-style: none; margin: .5rem 0 0; padding: 0; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
figure li { display: flex; justify-content: space-between; gap: 1rem; }
.columns { list-style: none; margin: 0; padding: 0; font-size: .875rem;
  display: grid; column-gap: 1.5rem; font-variant-numeric: tabular-nums;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.columns li { display: flex; justify-content: space-between; gap: .5rem;
  border-bottom: 1px solid var(--line); }
.columns span:first-child { color: var(--quiet); }
dl.pairs { display: grid; grid-template-columns: minmax(8rem, auto) 1fr;
  gap: .2rem 1rem; font-size: .9375rem; }
dl.pairs dt { color: var(--quiet); }
dl.pairs dd { margin: 0; }
@media (max-width: 40rem) {
  .strip { grid-template-columns: 1fr; gap: 0; padding-top: .4rem; }
  .strip.axis > :first-child { display: none; }
  table.stacked thead { position: absolute; left: -9999px; }
  table.stacked, table.stacked tbody, table.stacked caption { display: block; }
  table.stacked tbody tr { display: grid; padding: .5rem; column-gap: 1.5rem;
    grid-template-columns: 1fr 1fr; }
  table.stacked th, table.stacked td { padding: .05rem 0; }
  table.stacked th, table.stacked .wide, table.stacked .text { grid-column: 1 / -1; }
  table.stacked td { display: flex; justify-content: space-between; gap: 1rem; }
  table.stacked td::before { content: attr(data-of); color: var(--quiet);
    text-align: left; }
  table.stacked td.text { display: block; }
  table.stacked td.text::before { content: attr(data-of) ": "; }
  .heat { font-size: .75rem; }
  .heat .corner { width: 6rem; }
  .heat.many .corner { width: 2rem; }
  .heat.dense .number { display: none; }
  dl.pairs { grid-template-columns: 1fr; gap: 0; }
  dl.pairs dd { margin: 0 0 .5rem; }
}
@media print {
  figure, .strip { break-inside: avoid; }
}
"""
