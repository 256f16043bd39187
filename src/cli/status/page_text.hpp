// The status page's markup, and what its style adds to that of all our pages.
#pragma once

namespace sluice::cli {

inline constexpr const char* page_head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>sluice</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 4h12M2 8h8M2 12h12' stroke='%230b6bcb' stroke-width='2.4' stroke-linecap='round'/%3E%3C/svg%3E"/>
)";

inline constexpr const char* status_style = R"(
:root { --good: #1a7f37; --hold: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc26a; --hold: #e3b341; } }
html { font-size: clamp(15px, 10.6px + .52vw, 26px); }
body { max-width: 110rem; padding: 1.2rem 1rem 2rem; font-size: 1rem; }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .6rem 1.5rem; }
header div { min-width: 0; } header .soft { margin: 0; overflow-wrap: anywhere; }
#state { --tone: var(--soft); display: flex; align-items: center; gap: .5rem; margin: 0; padding: .3rem .9rem;
  border: 1px solid var(--tone); border-radius: 2rem; color: var(--tone); font-weight: 600; }
#state::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: var(--tone); }
#state[data-state=working], #state[data-state=idle] { --tone: var(--good); }
#state[data-state=waiting], #state[data-state=paused] { --tone: var(--hold); }
#state[data-state=unreachable], #state[data-state=refused] { --tone: var(--warn); }
#state[data-state=idle]::before, #state[data-state=starting]::before, #state[data-state=lost]::before {
  background: none; border: .14rem solid var(--tone); }
#state[data-state=paused]::before { border-radius: 0; background: none; border: solid var(--tone);
  border-width: 0 .22rem; }
#state[data-state=unreachable]::before, #state[data-state=refused]::before { border-radius: .1rem; }
#reason { margin: .8rem 0 0; padding: .55rem .9rem; border: 1px solid var(--line); border-left: .3rem solid var(--hold);
  border-radius: .4rem; background: var(--card); overflow-wrap: anywhere; }
#reason.bad { border-left-color: var(--warn); } #reason:empty { display: none; }
.lost main { opacity: .45; }
.tiles { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: .7rem; margin: 1rem 0; }
.tiles dd { font-size: 1.5rem; line-height: 1.25; white-space: nowrap; }
.tiles dd small { color: var(--soft); font-size: .8rem; font-weight: 400; }
.tiles dd.note { min-height: 1.2rem; color: var(--soft); font-size: .78rem; font-weight: 400; line-height: 1.2rem;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.tiles .bad dd:not(.note) { color: var(--warn); }
.plots { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .7rem; }
figcaption { display: flex; justify-content: space-between; gap: 1rem; } figcaption span { color: var(--soft);
  font-weight: 400; font-variant-numeric: tabular-nums; }
figure svg { height: clamp(11rem, 36vh, 30rem); touch-action: pan-y; } figure svg text { font-size: .78rem; }
.area { stroke: none; opacity: .13; } .area.l0 { fill: var(--l0); } .area.l1 { fill: var(--l1); }
.pointer { stroke: var(--soft); stroke-width: 1; }
.below { display: grid; grid-template-columns: minmax(15rem, 1fr) minmax(0, 3fr); gap: .7rem; margin-top: .7rem; }
section { min-width: 0; padding: .8rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
h2 { margin: 0 0 .4rem; font-size: 1rem; }
#fates td { padding: .28rem 0; } #fates tr:last-child td, #errors tr:last-child td { border-bottom: 0; }
#fates .none { color: var(--soft); } #fates .bad td { color: var(--warn); font-weight: 600; }
#errors { table-layout: fixed; } #errors td { vertical-align: top; text-align: left; white-space: normal; overflow-wrap: anywhere; }
#errors td:nth-child(1) { width: 5.5rem; color: var(--soft); white-space: nowrap; }
#errors td:nth-child(2) { width: 6.5rem; } #errors td:nth-child(4) { color: var(--soft); }
#errors td.file { font-family: ui-monospace, monospace; }
footer { margin-top: .9rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 64rem) { .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .below { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 44rem) { .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
  .plots { grid-template-columns: minmax(0, 1fr); } figure svg { height: 12rem; }
  #errors tr { display: grid; grid-template-columns: auto 1fr; column-gap: .8rem; padding: .45rem 0;
    border-bottom: 1px solid var(--line); }
  #errors tr:last-child { border-bottom: 0; }
  #errors td, #errors td:nth-child(n) { width: auto; padding: 0; border: 0; }
  #errors td:nth-child(n+3) { grid-column: 1 / -1; } }
)";

inline constexpr const char* page_body = R"(<body>
<header><div><h1>sluice</h1><p class="soft" id="title"></p></div><p id="state" role="status" data-state="starting">connecting</p></header>
<main>
<p id="reason"></p>
<dl class="tiles">
<div><dt>backlog</dt><dd id="backlog">–</dd><dd class="note">files wait</dd></div>
<div><dt>oldest</dt><dd id="oldest">–</dd><dd class="note" id="oldest-note">&nbsp;</dd></div>
<div><dt>files/s</dt><dd id="files">–</dd><dd class="note">accepted</dd></div>
<div><dt>MB/s</dt><dd id="bytes">–</dd><dd class="note">sent</dd></div>
<div><dt>in flight</dt><dd id="flight">–</dd><dd class="note" id="backing-off">&nbsp;</dd></div>
<div><dt>window</dt><dd id="window">–</dd><dd class="note" id="window-reason">&nbsp;</dd></div>
<div><dt>retries</dt><dd id="retries">–</dd><dd class="note">since it began</dd></div>
<div id="unknown-tile"><dt>unknown outcomes</dt><dd id="unknown">–</dd><dd class="note">perhaps twice</dd></div>
</dl>
<div class="plots">
<figure><figcaption>Files a second<span id="rate-at"></span></figcaption><svg id="rate-plot" role="img"></svg></figure>
<figure><figcaption>Backlog<span id="backlog-at"></span></figcaption><svg id="backlog-plot" role="img"></svg></figure>
</div>
<div class="below">
<section><h2>Files by fate</h2><table><tbody id="fates"></tbody></table></section>
<section><h2>Last files that were not accepted</h2><p class="soft" id="no-errors">None so far.</p>
<table id="errors"><tbody id="error-rows"></tbody></table></section>
</div>
</main>
<footer><span id="foot"></span></footer>
<noscript><p class="warn">This page is drawn by its script. Figures without one: <code>/metrics</code>, <code>/healthz</code>.</p></noscript>
)";

}  // namespace sluice::cli
