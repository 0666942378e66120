"""Merkle keys: a node's key is a hash of its type, version, literal inputs, files and the keys of what it is linked to.

Never a hash of a tensor, and linear in the graph: about 4 microseconds a node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from calotype import sockets
from calotype.diffusion.text.mentions import FOLDER, mentioned
from calotype.errors import FileError, NodeError
from calotype.files import Files
from calotype.graph import Edge, Use
from calotype.node import REQUIRED, NodeSpec
from calotype.plan.entry import NOTHING, Entry, External
from calotype.runtime import Runtime
from calotype.types import FileRef

DIGEST = 20  # bytes
SORTED = orjson.OPT_SORT_KEYS


class Shape:
    """What keys and values need to know of a node type, worked out once a type."""

    __slots__ = ("bare", "begun", "defaults", "files", "floats", "literal", "prompts", "spec")

    def __init__(self, spec: NodeSpec, base: hashlib.blake2b) -> None:
        """base: the hash of what every key begins with. begun: the same with the type in it.

        literal: a key says its literals and links and nothing else: no file, and nothing that the node's code is asked.
        bare: its values are the literals as they stand in the graph.
        """
        inputs = spec.inputs.values()
        self.spec = spec
        self.begun = base.copy()
        self.begun.update(f"{spec.id}|{spec.version}|".encode())
        self.defaults = {i.name: _default(i.default) for i in inputs if i.default is not REQUIRED}
        self.floats = tuple(i.name for i in inputs if "float" in sockets.names(i.socket) and not i.variadic)
        self.files = tuple((i.name, i.folder) for i in inputs if i.folder)
        self.prompts = tuple(i.name for i in inputs if i.role == "prompt")
        self.bare = not (self.defaults or self.floats or self.files)
        self.literal = not (self.files or self.prompts or spec.chooses or spec.fingerprinted)


def _default(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class Keys:
    """Builds values and keys of nodes.

    Responsibilities: fill in defaults, resolve files, hash. A default and the same value written out give one key.
    """

    def __init__(self, files: Files | None, runtime: Runtime, nonce: str = "") -> None:
        self._files = files
        self._base = hashlib.blake2b(runtime.fingerprint, digest_size=DIGEST)
        self._nonce = nonce
        self.shapes: dict[str, Shape] = {}  # by type, as graphs write it: by an alias as well
        self._every: tuple[FileRef, ...] | None = None

    def values(self, shape: Shape, use: Use) -> Mapping[str, Any]:
        """The literal inputs, with defaults, files resolved to `FileRef`s. Raises FileError naming the node."""
        if shape.bare:
            return use.inputs
        values = {**shape.defaults, **use.inputs}
        for _, _, _, name, index in use.links:
            if index is None and name in values:
                del values[name]
        for name in shape.floats:
            if type(values.get(name)) is int and shape.spec.inputs[name].socket == sockets.FLOAT:
                values[name] = float(values[name])
        for name, folder in shape.files:
            if values.get(name) is not None:
                values[name] = self._file(use, name, folder, values[name])
        return values

    def _file(self, use: Use, name: str, folder: str, said: Any) -> Any:
        if self._files is None or isinstance(said, FileRef):
            return said
        written = said if isinstance(said, dict) else {"file": said}
        try:
            return self._files.resolve(folder, written["file"], written.get("hash", ""))
        except FileError as error:
            raise FileError(f'node "{use.id}" ({use.type}), input "{name}": {error}', error.problems) from error

    def embeddings(self, shape: Shape, use: Use, values: Mapping[str, Any]) -> tuple[FileRef, ...]:
        """The embeddings that the prompts of a node name; all that there are where a prompt is not known yet, because
        it comes from elsewhere. Raises FileError naming the node.
        """
        if self._files is None or not shape.prompts:
            return ()
        found: dict[str, FileRef] = {}
        for name in shape.prompts:
            text = values.get(name)
            if not isinstance(text, str):
                return self._embeddings()
            found |= {said: self._file(use, name, FOLDER, said) for said in mentioned(text)}
        return tuple(found.values())

    def _embeddings(self) -> tuple[FileRef, ...]:
        if self._every is None:
            files = self._files if self._files is not None and FOLDER in self._files.roots else None
            self._every = tuple(files.resolve(FOLDER, name) for name in files.list(FOLDER)) if files else ()
        return self._every

    def key(
        self,
        shape: Shape,
        values: Mapping[str, Any],
        links: tuple[Edge, ...],
        known: Mapping[str, Entry],
        externals: Mapping[tuple[str, int | None], External] = NOTHING,
        extra: str = "",
        files: tuple[FileRef, ...] = (),
    ) -> str:
        """The key of a node, hex. known: entries of the nodes it is linked to; extra: its fingerprint; files: that
        count beside those in its values.
        """
        parents = [(input, index, known[source].key, output) for source, output, _, input, index in links]
        outside = [(place, one.key) for place, one in externals.items()] if externals else []
        parts: list[Any] = [values, parents, outside, extra, self._nonce if shape.spec.volatile else ""]
        if files:
            parts.append(files)
        digest = shape.begun.copy()
        digest.update(orjson.dumps(parts, _plain, SORTED))
        return digest.hexdigest()

    def shape(self, name: str, spec: NodeSpec) -> Shape:
        """The `Shape` of a type, from now on among `shapes`."""
        found = self.shapes[name] = Shape(spec, self._base)
        return found


def digest_of(*parts: str) -> str:
    """A key from others: of an item of a list, of a subgraph that is mapped over a list."""
    return hashlib.blake2b("|".join(parts).encode(), digest_size=DIGEST).hexdigest()


def fingerprint_of(node: Any, use: Use, spec: NodeSpec) -> str:
    """What a node says of itself; an exception in it is an error of that node. Raises NodeError."""
    try:
        said = node.fingerprint()
    except (Exception, SystemExit, GeneratorExit) as error:
        reason = f"fingerprint() raised {type(error).__name__}: {error}"
        raise NodeError(use.id, spec.id, reason) from error
    if not isinstance(said, str):
        raise NodeError(use.id, spec.id, f"fingerprint() returned {type(said).__name__}; it returns a string")
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, FileRef):
        return value.hash or f"{value.folder}/{value.name}"
    raise TypeError(f"{type(value).__name__} cannot be an input in a document")
