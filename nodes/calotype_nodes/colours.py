"""Colours as text."""

from __future__ import annotations

import re

HEX = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})\Z")
NAMES = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff",
    "yellow": "#ffff00", "orange": "#ffa500", "purple": "#800080", "pink": "#ffc0cb", "gray": "#808080",
    "grey": "#808080", "brown": "#a52a2a", "cyan": "#00ffff", "magenta": "#ff00ff",
}  # fmt: skip


def parse(text: str) -> tuple[float, float, float]:
    """Red, green and blue in 0..1 of `#rrggbb` or a plain name. Raises ValueError."""
    found = HEX.match(NAMES.get(text.strip().lower(), text.strip()))
    if found is None:
        raise ValueError(f"{text!r} is not a colour; write it as #rrggbb, or one of {', '.join(sorted(NAMES))}")
    red, green, blue = (int(part, 16) / 255 for part in found.groups())
    return red, green, blue
