"""Nodes that make attention of a model stronger or weaker, as a patch of its weights."""

from __future__ import annotations

from calotype.node import Input, Node
from calotype.types import Clip, Model
from calotype_nodes.guidance import patched


class SelfAttentionScale(Node, category="model"):
    """Multiply the weights of a U-Net's self-attention."""

    model: Model
    q: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the queries.")
    k: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the keys.")
    v: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the values.")
    out: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of what comes out.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "attention", attention="self", q=self.q, k=self.k, v=self.v, out=self.out)


class CrossAttentionScale(Node, category="model"):
    """Multiply the weights of a U-Net's attention to words."""

    model: Model
    q: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the queries.")
    k: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the keys.")
    v: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the values.")
    out: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of what comes out.")

    def run(self) -> Model:
        """Add the patch."""
        return patched(self.model, "attention", attention="cross", q=self.q, k=self.k, v=self.v, out=self.out)


class AttentionOutputScale(Node, category="model"):
    """Multiply what comes out of both kinds of a U-Net's attention."""

    model: Model
    self_attention: float = Input(default=1.0, ge=0, le=10, step=0.01)
    cross_attention: float = Input(default=1.0, ge=0, le=10, step=0.01)

    def run(self) -> Model:
        """Add a patch for each."""
        model = patched(self.model, "attention", attention="self", out=self.self_attention)
        return patched(model, "attention", attention="cross", out=self.cross_attention)


class ClipAttentionScale(Node, category="model"):
    """Multiply the weights of a text encoder's attention."""

    clip: Clip
    q: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the queries.")
    k: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the keys.")
    v: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of the values.")
    out: float = Input(default=1.0, ge=0, le=10, step=0.01, doc="Of what comes out.")

    def run(self) -> Clip:
        """Add the patch."""
        return patched(self.clip, "attention", attention="text", q=self.q, k=self.k, v=self.v, out=self.out)
