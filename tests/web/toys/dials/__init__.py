"""Numbers that are set on widgets of their own, one of which is broken."""

from calotype.node import Input, Node


class Dial(Node, category="toy"):
    """A number, on a dial."""

    value: float = Input(default=0.25, ge=0, le=1, widget="dials-round")

    def run(self) -> float:
        """The number."""
        return self.value


class Broken(Node, category="toy"):
    """Numbers, on dials that do not work in three ways."""

    throws: int = Input(default=3, widget="dials-throws")
    later: int = Input(default=4, widget="dials-later")
    missing: int = Input(default=5, widget="dials-missing")

    def run(self) -> int:
        """Their sum."""
        return self.throws + self.later + self.missing
