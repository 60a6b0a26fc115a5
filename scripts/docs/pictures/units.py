"""Numbers as Grafana would write them, for the units the boards use."""

_SECONDS = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"), (float("inf"), 1 / 60, "min"))
_PER_SECOND = {"reqps": " req/s", "rowsps": " rows/s", "cps": " /s", "ops": " /s"}


def written(value: float, unit: str) -> str:
    if value != value:
        return "–"
    match unit:
        case "percentunit":
            return f"{value:.1%}"
        case "s":
            factor, name = next((factor, name) for limit, factor, name in _SECONDS if abs(value) < limit)
            return f"{value * factor:.3g} {name}"
        case "bytes":
            return f"{value / 2**20:,.0f} MiB"
        case _:
            text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"
            return text + _PER_SECOND.get(unit, "")
