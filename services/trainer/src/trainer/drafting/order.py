"""The order in which categories and classes are listed: by their scale, by their numbers, else by the alphabet."""

import re
from collections.abc import Iterable

from trainer.drafting.ranges import in_ranges

SCALES = (
    (
        "none",
        "very low",
        "low",
        "medium low",
        "medium",
        "moderate",
        "medium high",
        "high",
        "very high",
        "critical",
        "extreme",
    ),
    (
        "terrible",
        "very poor",
        "very bad",
        "poor",
        "bad",
        "fair",
        "average",
        "ok",
        "good",
        "very good",
        "great",
        "premium",
        "excellent",
        "ideal",
    ),
    ("minor", "moderate", "major", "critical"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("tiny", "small", "medium", "large", "extra large", "huge"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("primary", "secondary", "bachelor", "master", "phd", "doctorate"),
    ("child", "teen", "adult", "senior"),
    ("bronze", "silver", "gold", "platinum"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    (
        *("january", "february", "march", "april", "may", "june"),
        *("july", "august", "september", "october", "november", "december"),
    ),
)


def listed(texts: Iterable[str]) -> tuple[list[str], bool]:
    """The texts in order, and whether that order means something (low, medium, high; 1st, 2nd, 3rd)."""
    found = sorted(texts)
    folded = [text.casefold().replace("_", " ").replace("-", " ") for text in found]
    for scale in SCALES:
        if len(found) > 2 and set(folded) <= set(scale):
            return [text for _, text in sorted(zip(map(scale.index, folded), found, strict=True))], True
    if ranges := in_ranges(found):
        return ranges, True
    numbered = [re.fullmatch(r"(\D*)(\d+)(\D*)", text) for text in found]
    if found and all(numbered):
        ranks = bool(all(one and one[3].casefold() in {"st", "nd", "rd", "th"} for one in numbered))
        return sorted(found, key=lambda text: (int("".join(filter(str.isdecimal, text))), text)), ranks
    return found, False
