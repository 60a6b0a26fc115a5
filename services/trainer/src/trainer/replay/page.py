"""The report as one HTML page with its pictures inside: nothing is fetched."""

from html import escape
from typing import Any

WIDTH = 320
STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}rect.all{fill:#d9e2ec}rect.differing{fill:#c0392b}"
)


def page_of(report: dict[str, Any]) -> str:
    """A whole document."""
    title = f"{report['model']}: audited answers replayed by version {report['version']}"
    share = report["differing"] / report["rows"]
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{report['rows']:,} of {report['audited']:,} audited rows were answered again; {report['differing']:,} "
        f"({share:.2%}) differ. Largest difference {report['largest_difference']:.3g}.</p>",
        _table(("served by", "rows"), report["served_by"].items()),
        _table(("not answered again", "rows"), report["refused"].items()) if report["refused"] else "",
        _table(("columns that this version does not ask for", "rows"), report["unasked"].items())
        if report["unasked"]
        else "",
        "<h2>Quality on judged rows</h2>",
        _table(("", ""), quality_lines(report["quality"])),
    ]
    if report["flips"]:
        parts += ["<h2>Answers by class</h2>", _flips(report["flips"])]
    for name, bins in report["columns"].items():
        parts += [f"<h2>Differing by {escape(name)}</h2>", _bars(bins)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def quality_lines(quality: dict[str, Any]) -> list[tuple[str, str]]:
    """Words and figures, for the page and the terminal."""
    if not quality["rows"]:
        return [("judged rows", "0: nothing is known of the truth yet")]
    lines = [("judged rows", f"{quality['rows']:,}")]
    for key, name in (("old", "as served"), ("new", "replayed")):
        one = quality[key]
        if "accuracy" in one:
            lines.append((f"accuracy {name}", f"{one['accuracy']:.4f} {_interval(one['interval'])}"))
        else:
            lines.append((f"mean absolute error {name}", f"{one['mean_absolute_error']:.5g}"))
    lines.append(
        ("difference", f"{quality['difference']['value']:+.4g} {_interval(quality['difference']['interval'])}")
    )
    if "mcnemar_p" in quality:
        lines.append(("right only as served", f"{quality['only_old_right']:,}"))
        lines.append(("right only replayed", f"{quality['only_new_right']:,}"))
        lines.append(("McNemar's p", f"{quality['mcnemar_p']:.3g}"))
    return lines


def _interval(ends: Any) -> str:
    return "" if ends is None else f"(95 %: {ends[0]:.4g} to {ends[1]:.4g})"


def _flips(flips: list[dict[str, Any]]) -> str:
    old = sorted({one["old"] for one in flips})
    new = sorted({one["new"] for one in flips})
    counts = {(one["old"], one["new"]): one["rows"] for one in flips}
    rows = [(name, *(f"{counts.get((name, other), 0):,}" for other in new)) for name in old]
    return _table(("served → replayed", *new), rows)


def _table(head: Any, rows: Any) -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(str(one))}</th>' for one in head)}</tr>{cells}</table>"


def _bars(bins: list[dict[str, Any]]) -> str:
    most = max(one["rows"] for one in bins)
    lines = []
    for place, one in enumerate(bins):
        y, wide, red = 22 * place, WIDTH * one["rows"] / most, WIDTH * one["differing"] / most
        lines.append(
            f'<text x="150" y="{y + 14}" text-anchor="end" font-size="12">{escape(one["bin"][:24])}</text>'
            f'<rect class="all" x="156" y="{y + 2}" width="{wide:.1f}" height="16"/>'
            f'<rect class="differing" x="156" y="{y + 2}" width="{red:.1f}" height="16"/>'
            f'<text x="{162 + wide:.1f}" y="{y + 14}" font-size="12">{one["differing"]:,} of {one["rows"]:,}</text>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="{22 * len(bins) + 4}">{"".join(lines)}</svg>'
