"""From the queue to the workers, and from the workers to whoever listens."""

from calotype.dispatch.dispatcher import Dispatcher
from calotype.dispatch.hub import Frame, Hub, Preview

__all__ = ["Dispatcher", "Frame", "Hub", "Preview"]
