"""Pictures of the card as SVG. Colours are classes of the page's style, so that they follow light, dark and print."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

SIDE, EDGE = 320, 36
BAR, NAME, LENGTH = 20, 130, 150
LONGEST = 18
"""Characters of a name beside a bar."""


def intervals(rows: Sequence[tuple[str, float, Sequence[float]]], low: float, high: float) -> Markup:
    """A point with its interval for each named row, on an axis from `low` to `high`."""
    wide, height = 560, 24 * len(rows) + 24
    scale = (wide - 190) / ((high - low) or 1.0)

    def x(value: float) -> str:
        return f"{170 + (min(max(value, low), high) - low) * scale:.1f}"

    lines = [
        Markup(
            '<text x="160" y="{y}" text-anchor="end">{name}</text>'
            '<line class="range" x1="{a}" x2="{b}" y1="{m}" y2="{m}"/><circle class="mark" cx="{c}" cy="{m}" r="4"/>'
        ).format(y=24 * place + 17, m=24 * place + 12, name=short(name, 24), a=x(ends[0]), b=x(ends[1]), c=x(value))
        for place, (name, value, ends) in enumerate(rows)
    ]
    base = height - 6
    axis = Markup(
        '<line class="axis" x1="170" x2="540" y1="{a}" y2="{a}"/>'
        '<text x="170" y="{b}">{low}</text><text x="540" y="{b}" text-anchor="end">{high}</text>'
    ).format(a=height - 20, b=base, low=f"{low:.4g}", high=f"{high:.4g}")
    return _svg(wide, height, "Quality with its 95 % intervals", Markup("").join([*lines, axis]))


def reliability(curve: Sequence[dict[str, Any]], learned: dict[str, Any] | None) -> Markup:
    """Confidence to the right, share of right answers upwards: points of the hold-out, the learned map as a line."""

    def at(confidence: float, right: float) -> tuple[str, str]:
        return f"{EDGE + confidence * SIDE:.1f}", f"{8 + (1 - right) * SIDE:.1f}"

    parts = [
        Markup('<rect class="frame" x="{}" y="8" width="{}" height="{}"/>').format(EDGE, SIDE, SIDE),
        Markup('<line class="axis dashed" x1="{}" y1="{}" x2="{}" y2="8"/>').format(EDGE, 8 + SIDE, EDGE + SIDE),
    ]
    if learned:
        dots = zip(learned["confidence"], learned["correct"], strict=True)
        ways = " ".join(",".join(at(float(one), float(other))) for one, other in dots)
        parts.append(Markup('<polyline class="learned" points="{}"/>').format(ways))
    for one in curve:
        x, y = at(one["confidence"], one["value"])
        ends = [at(one["confidence"], end)[1] for end in one["interval"]]
        parts.append(
            Markup(
                '<line class="range" x1="{x}" x2="{x}" y1="{a}" y2="{b}"/><circle class="mark" cx="{x}" cy="{y}" r="4">'
                "<title>{rows} rows</title></circle>"
            ).format(x=x, y=y, a=ends[0], b=ends[1], rows=one["rows"])
        )
    parts.append(
        Markup(
            '<text x="{0}" y="{1}">0</text><text x="{2}" y="{1}" text-anchor="end">1</text>'
            '<text x="{3}" y="{1}" text-anchor="middle">confidence of the answer</text>'
            '<text transform="translate(14 {4}) rotate(-90)" text-anchor="middle">share that is right</text>'
            '<text x="{5}" y="18" text-anchor="end">1</text>'
        ).format(EDGE, SIDE + 28, EDGE + SIDE, EDGE + SIDE // 2, 8 + SIDE // 2, EDGE - 6)
    )
    return _svg(
        EDGE + SIDE + 10, SIDE + 36, "Calibration: confidence and share of right answers", Markup("").join(parts)
    )


def bars(labels: Sequence[str], shares: Sequence[float]) -> Markup:
    """The share of training rows in each bin."""
    most = max([*shares, 1e-9])
    lines = [
        Markup(
            '<text x="{edge}" y="{y}" text-anchor="end">{name}</text>'
            '<rect class="bar" x="{start}" y="{top}" width="{wide}" height="14"/>'
            '<text x="{after}" y="{y}">{share}</text>'
        ).format(
            edge=NAME - 6,
            y=BAR * place + 14,
            name=short(name, LONGEST),
            start=NAME,
            top=BAR * place + 3,
            wide=f"{share / most * LENGTH:.1f}",
            after=f"{NAME + 5 + share / most * LENGTH:.1f}",
            share=f"{share:.1%}",
        )
        for place, (name, share) in enumerate(zip(labels, shares, strict=True))
    ]
    return _svg(
        NAME + LENGTH + 60, BAR * len(lines) + 4, "Share of the training rows in each bin", Markup("").join(lines)
    )


def short(name: str, most: int) -> str:
    """The name with at most `most` characters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _svg(wide: int, height: int, title: str, body: Markup) -> Markup:
    return Markup(
        '<svg role="img" aria-label="{t}" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' xmlns="http://www.w3.org/2000/svg"><title>{t}</title>{b}</svg>'
    ).format(t=title, w=wide, h=height, b=body)
