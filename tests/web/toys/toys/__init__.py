"""Quick nodes without models, for tests of the editor."""

import io
import time
from typing import NamedTuple

from calotype.node import Context, Input, Node
from calotype.types import Artifact, Saved, Seed


class Number(Node, category="toy"):
    """A number."""

    value: int = Input(default=0, ge=-1000, le=1000)

    def run(self) -> int:
        """The number."""
        return self.value


class Add(Node, category="toy"):
    """The sum of two numbers."""

    a: int = 0
    b: int = 0

    def run(self) -> int:
        """The sum."""
        return self.a + self.b


class Wait(Node, category="toy"):
    """Count for a while, step by step."""

    steps: int = Input(default=10, ge=1, le=10_000)
    seconds: float = Input(default=0.05, ge=0, le=5, doc="A step.")
    value: int = 0

    def run(self, ctx: Context) -> int:
        """The value."""
        for i in range(self.steps):
            ctx.step(i + 1, self.steps)
            time.sleep(self.seconds)
        return self.value


class Fails(Node, category="toy"):
    """Fail, with words."""

    value: int = 0

    def run(self) -> int:
        """Never."""
        raise ValueError("the toy is broken")


class Paint(Node, category="toy"):
    """A small picture of a number, saved."""

    output = True
    value: int = 0
    side: int = Input(default=64, ge=8, le=512)

    def run(self) -> Saved:
        """One PNG."""
        from PIL import Image

        colour = (self.value * 37 % 256, self.value * 91 % 256, 120)
        data = io.BytesIO()
        Image.new("RGB", (self.side, self.side), colour).save(data, "PNG")
        return Saved((Artifact(f"paint_{self.value}.png", "image/png", data.getvalue()),))


class Speckle(Node, category="toy"):
    """A picture of noise, saved: another seed, another picture."""

    output = True
    seed: Seed = 0
    text: str = Input(default="", multiline=True)
    side: int = Input(default=32, ge=8, le=512)

    def run(self) -> Saved:
        """One PNG."""
        import random

        from PIL import Image

        drawn = random.Random(f"{self.seed} {self.text}").randbytes(self.side * self.side * 3)
        data = io.BytesIO()
        Image.frombytes("RGB", (self.side, self.side), drawn).save(data, "PNG")
        return Saved((Artifact("speckle.png", "image/png", data.getvalue()),))


class Both(NamedTuple):
    """Two numbers."""

    low: int
    high: int


class Split(Node, category="toy"):
    """A number in two."""

    value: int = 0

    def run(self) -> Both:
        """Halves."""
        return Both(self.value // 2, self.value - self.value // 2)
