"""The style of the card: light and dark as the reader's machine asks, one column on a phone, plain on paper."""

from markupsafe import Markup

STYLE = Markup("""
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1d1c1a;--soft:#605d57;--line:#dedbd3;--accent:#3b3a8f;
--fill:#c9c8e6;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--paper:#151517;--ink:#ecebe6;--soft:#a6a39b;--line:#33333a;--accent:#a9a7f5;
--fill:#45446f;--warn:#f0b25e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:58rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);
font:16px/1.5 Inter,ui-sans-serif,system-ui,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0}h2{font-size:1.15rem;margin:0 0 .6rem}
h3{font-size:1rem;margin:.8rem 0 .2rem}
section{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1rem}
p{margin:.4rem 0;max-width:44rem}.lead,.soft,dt,th{color:var(--soft)}
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem;margin:.4rem 0}dt,dd{margin:0}
.wide{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0;overflow-wrap:normal}
th,td{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;
font-weight:400}
.figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
ul{margin:.4rem 0;padding-left:1.2rem;max-width:46rem}ul.warn li{color:var(--warn)}
svg{max-width:100%;height:auto;font-size:13px}svg text{fill:var(--ink)}
.mark{fill:var(--accent)}.range,.learned{stroke:var(--accent);stroke-width:2;fill:none}.learned{opacity:.55}
.axis{stroke:var(--soft)}.dashed{stroke-dasharray:4 4}.frame{fill:none;stroke:var(--line)}.bar{fill:var(--fill)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:.5rem 1.5rem}
@media (max-width:34rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}body{font-size:15px}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#222;--fill:#bbb;
--warn:#000}
body{max-width:none;padding:0;font-size:10.5pt}section{break-inside:auto}
h2,h3{break-after:avoid}svg,tr{break-inside:avoid}
.wide{overflow:visible}}
""")
