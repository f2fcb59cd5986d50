import { Markup } from './html.js'

/** Of the lines of a plot, in order: told apart by those who see few colours, in light and dark. */
const PALETTE = [['#0b62b8', '#6cb2ff'], ['#c2410c', '#ff9a5c'], ['#047857', '#4fd1a5'], ['#7c3aed', '#b79cff'], ['#a16207', '#e3b341'], ['#be185d', '#ff8ac0']] as const
export const COLOURS = PALETTE.length

const colours = (theme: 0 | 1): string => PALETTE.map((pair, index) => `--c${index}:${pair[theme]}`).join(';')
const uses = PALETTE.map((_, index) => `.bg${index}{background:var(--c${index});fill:var(--c${index})}.s${index}{stroke:var(--c${index})}.dot.s${index}{fill:var(--c${index})}`).join('\n')

export const style = new Markup(`
:root{color-scheme:light dark;--page:#fff;--panel:#f6f7f9;--text:#1b1f24;--soft:#59636e;--rule:#d8dee4;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--device:#8c959f;--server:#0b62b8;--provider:#c2410c;${colours(0)}}
@media (prefers-color-scheme:dark){:root{--page:#0f1318;--panel:#171c23;--text:#e6edf3;--soft:#9aa5b1;--rule:#2d353f;--good:#4ac26b;--bad:#ff7b72;--warn:#e3b341;--device:#7d8792;--server:#6cb2ff;--provider:#ff9a5c;${colours(1)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:24px 16px 64px;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
h1{margin:0 0 4px;font-size:1.5rem;line-height:1.25}
h2{margin:36px 0 12px;padding-bottom:4px;border-bottom:1px solid var(--rule);font-size:1.1rem}
h3{margin:20px 0 8px;font-size:1rem}
p{margin:8px 0}
.soft,.unit{color:var(--soft)}
.unit{font-weight:400;font-size:.85em}
.badge{display:inline-block;padding:1px 10px;border:1px solid;border-radius:999px;font-size:.85rem;font-weight:600;white-space:nowrap}
.holds,.agree{color:var(--good)}.broken,.differ{color:var(--bad)}.invalid{color:var(--warn)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:8px 20px;margin:16px 0;padding:14px 16px;background:var(--panel);border-radius:8px}
dl div{min-width:0}dt{color:var(--soft);font-size:.8rem}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;min-width:100%}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top;white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:.85rem}
th:first-child,td:first-child{text-align:left}
td.long{text-align:left;white-space:normal}
th.long{text-align:left}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:20px}
figure{margin:0;padding:12px 14px;background:var(--panel);border-radius:8px;min-width:0}
figcaption{margin-bottom:4px;font-weight:600;font-size:.92rem}
svg{display:block;width:100%;height:auto}
.grid{stroke:var(--rule);stroke-width:1}
.tick{fill:var(--soft);font-size:10.5px}.name{fill:var(--text);font-size:11px}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:5 4}
.reach{stroke:var(--soft);stroke-width:1}
.open{fill:var(--panel);stroke-width:1.8}
.bad{stroke:var(--bad);stroke-width:2}
.full{fill:var(--bad)}
.owner-device{fill:var(--device);background:var(--device)}.owner-server{fill:var(--server);background:var(--server)}.owner-provider{fill:var(--provider);background:var(--provider)}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;margin-bottom:4px;color:var(--soft);font-size:.82rem}
.note{margin:4px 0 0;color:var(--soft);font-size:.82rem}
.legend i{display:inline-block;width:10px;height:10px;margin-right:5px;border-radius:2px}
pre{margin:8px 0;padding:10px 14px;background:var(--panel);border-radius:8px;overflow-x:auto;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
ul{margin:8px 0;padding-left:20px}li{overflow-wrap:anywhere}
.headline{margin:16px 0;font-size:2.6rem;font-weight:700;line-height:1.1}
.headline small{font-size:1rem;font-weight:400;color:var(--soft)}
${uses}
@media print{body{max-width:none}figure,tr{break-inside:avoid}}
`)
