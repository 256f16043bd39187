// How our pages look: light and dark, from a phone's width up.
#pragma once

namespace sluice::cli {

inline constexpr const char* page_style = R"(
:root { color-scheme: light dark; --page: #fcfcfb; --card: #fff; --ink: #1d1d1b; --soft: #5f5e5a;
  --line: #dddcd7; --warn: #b42318; --l0: #0b6bcb; --l1: #b54708; --l2: #1a7f37; --l3: #8a3ffc; --l4: #a1186a;
  --l5: #52514d; }
@media (prefers-color-scheme: dark) { :root { --page: #171716; --card: #1e1e1c; --ink: #ecebe6; --soft: #a5a49d;
  --line: #3a3936; --warn: #ff8378; --l0: #4ba0f4; --l1: #f29d5e; --l2: #4cc26a; --l3: #b794ff; --l4: #f07cc0;
  --l5: #b9b8b1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 70rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; } h2 { margin: 2.4rem 0 .6rem; font-size: 1.2rem; }
h3 { margin: 1.4rem 0 .3rem; font-size: 1rem; }
p { margin: .2rem 0 .6rem; } ul { padding-left: 1.2rem; } li { margin: .3rem 0; }
.soft { color: var(--soft); } .warn { color: var(--warn); }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0; padding: 0; }
.tiles div { flex: 1 1 9rem; padding: .7rem .9rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: .8rem; }
figure { margin: 0; padding: .8rem .6rem .4rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }
figcaption { padding: 0 .3rem .3rem; font-weight: 600; font-size: .95rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); font: 14px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg text.soft { fill: var(--soft); } svg text.mark-words { fill: var(--soft); }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
.mark { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 4; fill: none; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.line.l0 { stroke: var(--l0); } .dot.l0, svg text.name.l0 { fill: var(--l0); }
.line.l1 { stroke: var(--l1); } .dot.l1, svg text.name.l1 { fill: var(--l1); }
.line.l2 { stroke: var(--l2); } .dot.l2, svg text.name.l2 { fill: var(--l2); }
.line.l3 { stroke: var(--l3); } .dot.l3, svg text.name.l3 { fill: var(--l3); }
.line.l4 { stroke: var(--l4); } .dot.l4, svg text.name.l4 { fill: var(--l4); }
.line.l5 { stroke: var(--l5); } .dot.l5, svg text.name.l5 { fill: var(--l5); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
th:first-child, td:first-child { padding-left: 0; text-align: left; } th.words, td.words { text-align: left; }
tr.knee td { font-weight: 600; } tr.knee td:first-child { color: var(--l0); }
)";

}  // namespace sluice::cli
