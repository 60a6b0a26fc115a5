"""Six boxes on a ring, lit one after the other.

The last moment is the whole picture; without motion it is all there is.
"""

from html import escape

from scripts.loop_demo.film.scenes import Scene

WIDTH, HEIGHT = 420, 372
BOX_WIDTH, BOX_HEIGHT = 190, 84
LEFT, RIGHT, TOP, DOWN = 8, 222, 44, 108
PLACES = [(LEFT, 0), (RIGHT, 0), (RIGHT, 1), (RIGHT, 2), (LEFT, 2), (LEFT, 1)]
"""Clockwise: the left edge and the row of each scene's box."""
SECONDS_EACH, SECONDS_STILL = 2.0, 4.0
STYLE = """
svg { color-scheme: light dark }
.paper { fill: #ffffff } .ink { fill: #1f2430 } .faint { fill: #5b6270 }
.box { fill: #f3f5f9; stroke: #c5cbd8; stroke-width: 1.5 } .arrow { stroke: #7a8190; stroke-width: 2; fill: none }
.tip { fill: #7a8190 } .lit { fill: none; stroke: #2f6fde; stroke-width: 3; opacity: 0 }
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
.title { font-size: 17px; font-weight: 700 } .line { font-size: 13.5px }
@media (prefers-color-scheme: dark) {
  .paper { fill: #14171f } .ink { fill: #eef1f7 } .faint { fill: #a9b1c2 }
  .box { fill: #1f2430; stroke: #465066 } .lit { stroke: #7fb0ff }
}
"""


def film(scenes: list[Scene], title: str) -> str:
    """The SVG. It asks no other server for anything, and moves only for those who have not asked for less motion."""
    length = SECONDS_EACH * len(scenes) + SECONDS_STILL
    boxes = "\n".join(_box(number, scene) for number, scene in enumerate(scenes))
    arrows = "\n".join(_arrow(number) for number in range(len(scenes)))
    spoken = escape(". ".join(f"{scene.title}: {', '.join(scene.lines)}" for scene in scenes))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">
<title>{escape(title)}</title>
<desc>{spoken}.</desc>
<style>{STYLE}@media (prefers-reduced-motion: no-preference) {{
{_motion(len(scenes), length)}
}}</style>
<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>
<text class="title ink" x="{LEFT + 4}" y="28">{escape(title)}</text>
{arrows}
{boxes}
</svg>
"""


def _box(number: int, scene: Scene) -> str:
    left, row = PLACES[number]
    top = TOP + row * DOWN
    rect = f'x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="9"'
    first, second = (escape(line) for line in scene.lines)
    return f"""<rect class="box" {rect}/><rect class="lit lit{number}" {rect}/>
<text class="title ink" x="{left + 12}" y="{top + 26}">{number + 1} {escape(scene.title)}</text>
<g class="words words{number}"><text class="line faint" x="{left + 12}" y="{top + 49}">{first}</text>
<text class="line faint" x="{left + 12}" y="{top + 69}">{second}</text></g>"""


def _arrow(number: int) -> str:
    """From a scene's box to the next one's."""
    (left, row), (next_left, next_row) = PLACES[number], PLACES[(number + 1) % len(PLACES)]
    if row == next_row:
        edge = left + BOX_WIDTH if next_left > left else left
        tip = next_left if next_left > left else next_left + BOX_WIDTH
        y, step = TOP + row * DOWN + BOX_HEIGHT // 2, 6 if next_left > left else -6
        return _line(edge, y, tip - step, y) + _tip((tip, y), (tip - step, y - 5), (tip - step, y + 5))
    x = left + BOX_WIDTH // 2
    down = next_row > row
    edge = TOP + row * DOWN + (BOX_HEIGHT if down else 0)
    tip, step = TOP + next_row * DOWN + (0 if down else BOX_HEIGHT), 6 if down else -6
    return _line(x, edge, x, tip - step) + _tip((x, tip), (x - 5, tip - step), (x + 5, tip - step))


def _line(x: int, y: int, to_x: int, to_y: int) -> str:
    return f'<path class="arrow" d="M{x} {y}L{to_x} {to_y}"/>'


def _tip(*corners: tuple[int, int]) -> str:
    return f'<path class="tip" d="M{"L".join(f"{x} {y}" for x, y in corners)}Z"/>'


def _motion(count: int, length: float) -> str:
    """The styles of the film: each box is lit in its turn, and its lines stay from then on."""
    rules = []
    for number in range(count):
        begin, end = 100 * SECONDS_EACH * number / length, 100 * SECONDS_EACH * (number + 1) / length
        lit = (
            f"0%,{begin:.2f}% {{opacity:0}} {begin + 1:.2f}%,{end - 1:.2f}% {{opacity:1}} {end:.2f}%,100% {{opacity:0}}"
        )
        phases = f"0%,{begin:.2f}% {{opacity:0}} {begin + 2:.2f}%,100% {{opacity:1}}"
        rules.append(f"@keyframes lit{number} {{{lit}}} .lit{number} {{animation: lit{number} {length:g}s infinite}}")
        rules.append(
            f"@keyframes words{number} {{{phases}}} .words{number} {{animation: words{number} {length:g}s infinite}}"
        )
    return "\n".join(rules)
