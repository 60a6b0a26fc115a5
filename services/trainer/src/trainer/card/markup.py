"""HTML of the card. Every text is escaped because it is not of the type Markup."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

Cell = str | Markup


def table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, words: int = 1) -> Markup:
    """The first `words` columns are words, the others figures. It scrolls on its own where the page is narrow."""

    def cells(tag: str, row: Sequence[Cell]) -> Markup:
        return Markup("").join(
            Markup("<{tag}{kind}>{text}</{tag}>").format(
                tag=tag, kind=Markup("") if place < words else Markup(' class="figure"'), text=one
            )
            for place, one in enumerate(row)
        )

    body = Markup("").join(Markup("<tr>{}</tr>").format(cells("td", row)) for row in rows)
    top = Markup("<thead><tr>{}</tr></thead>").format(cells("th", head)) if any(head) else Markup("")
    return Markup('<div class="wide"><table>{}<tbody>{}</tbody></table></div>').format(top, body)


def pairs(rows: Iterable[tuple[Cell, Cell]]) -> Markup:
    """Names and what belongs to them."""
    items = (Markup("<dt>{}</dt><dd>{}</dd>").format(name, text) for name, text in rows)
    return Markup("<dl>{}</dl>").format(Markup("").join(items))


def points(lines: Iterable[Cell], kind: str = "") -> Markup:
    """A list with a point for each line."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup('<ul class="{}">{}</ul>').format(kind, items)


def section(title: str, *parts: Cell) -> Markup:
    """A section with a heading."""
    return Markup("<section><h2>{}</h2>{}</section>").format(title, Markup("").join(parts))


def text(words: Cell) -> Markup:
    """A paragraph."""
    return Markup("<p>{}</p>").format(words)


def code(words: str) -> Markup:
    """A piece of code in a line."""
    return Markup("<code>{}</code>").format(words)
