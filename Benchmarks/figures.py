# SPDX-License-Identifier: MIT
"""Medians with their spread, and the tables."""

import statistics


class Spread:
    """Values of the rounds: median, and from lowest to highest."""

    def __init__(self, values):
        self.values = [x for x in values if x is not None]

    def __bool__(self):
        return bool(self.values)

    @property
    def median(self):
        return statistics.median(self.values)

    def text(self, unit="", digits=2):
        if not self:
            return "not measured"
        low, high = min(self.values), max(self.values)
        text = f"{self.median:.{digits}f}"
        if len(self.values) > 1:
            text += f" ({low:.{digits}f} … {high:.{digits}f})"
        return text + (f" {unit}" if unit else "")

    def json(self):
        return {"median": self.median, "low": min(self.values), "high": max(self.values)} if self else None


class Ratio(Spread):
    """One median for another, with the ratios of the rounds as the spread. Noise can make a small difference negative in a round; such
    a round's ratio means nothing and is left out of the spread, and of medians that are not both positive there is no ratio."""

    def __init__(self, above, below):
        both = [number for number in above if number in below]
        super().__init__([above[x] / below[x] for x in both if below[x] > 0])
        self.above = statistics.median([above[x] for x in both]) if both else None
        self.below = statistics.median([below[x] for x in both]) if both else None

    def __bool__(self):
        return bool(self.values) and self.below > 0 and self.above > 0

    @property
    def median(self):
        return self.above / self.below

    def text(self, unit="", digits=2):
        return super().text(unit, digits) if self or self.below is None else "lost in noise"


def table(rows):
    """Rows of words as a Markdown table; the first is the head."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(str(word).ljust(width) for word, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


class Targets:
    """What is promised, and what came out."""

    def __init__(self):
        self.rows = []

    def add(self, what, promise, measured, met):
        """`met` is None when it was not measured."""
        self.rows.append((what, promise, measured, "–" if met is None else "yes" if met else "NO"))

    def text(self):
        return table([("", "target", "measured", "met")] + self.rows)

    def json(self):
        return [dict(zip(("what", "target", "measured", "met"), row)) for row in self.rows]
