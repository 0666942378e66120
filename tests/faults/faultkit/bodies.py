"""Bodies that are nearly right: good ones, damaged by a seeded chance, as values and as bytes."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

ODD = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 10**19, 0.1, -0.0, 1e308, 5e-324, "", " ", "\0", "random",
    "a" * 300, "../../etc/passwd", "C:\\x", "\u202e", "{}", "[]", "__proto__", "\ufeff", "e\u0301", "9" * 40, [], {},
    [[]], [None], {"": {}}, {"from": "s0.str"}, {"from": "nowhere"}, {"file": "../x"}, {"secret": "HUB"},
)  # fmt: skip
BYTES = (b"\0", b"\xff", b"{", b"}", b'"', b",", b"\\", b"NaN", b"1e999", b"\\ud800", b"[" * 70, b" ")


class Damage:
    """Responsibilities: take a good value apart a little, the same way for the same seed."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def of(self, good: Any) -> bytes:
        """The bytes of a body."""
        said, draw = copy.deepcopy(good), self._draw
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            said = self._changed(said)
        data = json.dumps(said).encode()
        if draw.random() < 0.15:
            at = draw.randrange(len(data) + 1)
            data = data[:at] + draw.choice(BYTES) + data[at + draw.randrange(3) :]
        return data

    def _changed(self, said: Any) -> Any:
        draw = self._draw
        if draw.random() < 0.05 or not isinstance(said, (dict, list)) or not said:
            return copy.deepcopy(draw.choice(ODD))
        key = draw.choice(list(said) if isinstance(said, dict) else range(len(said)))
        deed = draw.random()
        if isinstance(said[key], (dict, list)) and said[key] and deed < 0.75:
            said[key] = self._changed(said[key])
        elif deed < 0.8:
            said[key] = copy.deepcopy(draw.choice(ODD))
        elif deed < 0.88:
            del said[key]
        elif isinstance(said, dict):
            said[draw.choice((f"{key} ", f"{key}x", "type", "from", "$ref", ""))] = said[key]
        else:
            said.append(copy.deepcopy(said[key]))
        return said
