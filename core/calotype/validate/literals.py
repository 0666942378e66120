"""Literals: of the right type, in range, files that are there, secrets that are only named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from calotype import sockets
from calotype.diffusion.text.mentions import FOLDER, MARK, mentioned
from calotype.errors import FileError, ModelError, shown
from calotype.files import Files
from calotype.graph import Use
from calotype.node import InputSpec, NodeSpec
from calotype.types import FileRef
from calotype.validate.report import Report
from calotype.validate.shapes import LONGEST, MODEL_FOLDERS
from calotype.workflow.seeds import RANDOM

Inspect = Callable[[FileRef], str]
"""The model family in a weights file, from its header. Raises ModelError, FileError."""

Lacks = Callable[[FileRef, str], str]
"""What a file lacks of a part ("Clip", "Vae"), and what to do; "" when it is there. Raises ModelError, FileError."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An input of a use, for messages. prefix: of the graph that the use is in."""

    use: Use
    prefix: str
    input: str


class Literals:
    """Checks single values against the specs of their inputs.

    Responsibilities: types and ranges; files by name and content, each looked for once; the families in model files.
    """

    def __init__(
        self, report: Report, files: Files | None, inspect: Inspect | None, lacks: Lacks | None = None
    ) -> None:
        self._report = report
        self._files = files
        self._inspect = inspect
        self._lacks = lacks
        self._found: dict[FileRef, FileError | None] = {}
        self._families: dict[FileRef, str | ModelError | FileError] = {}

    def check(self, spec: InputSpec, value: Any, at: Spot) -> None:
        """Report what is wrong with a literal at an input, item by item where the input is variadic."""
        if not spec.variadic:
            self._single(spec, value, at)
        elif not isinstance(value, (list, tuple)):
            self._say(at, "type", f"{shown(value)} is not a list", value=value, expected=f"a list of {spec.socket}")

    def check_item(self, spec: InputSpec, value: Any, at: Spot) -> None:
        """Report what is wrong with one item of a variadic input."""
        self._single(spec, value, at)

    def _single(self, spec: InputSpec, value: Any, at: Spot) -> None:
        if spec.secret:
            self._secret(spec, value, at)
        elif spec.folder and not (value is None and sockets.optional(spec.socket)):
            self._file(spec.folder, value, at)
        elif isinstance(value, str) and len(value) > LONGEST:
            expected = f"at most {LONGEST} characters"
            self._say(at, "too-long", f"a text of {len(value)} characters is too long", expected=expected)
        elif not (spec.role == "seed" and value == RANDOM):
            self._plain(spec, value, at)
        if spec.role == "prompt" and isinstance(value, str):
            for name in mentioned(value):
                self._embedding(name, at)

    def _plain(self, spec: InputSpec, value: Any, at: Spot) -> None:
        complaint = spec.complaint(value)
        if complaint is None:
            return
        code, message, expected = complaint
        if not spec.literal:
            hint = f"Link it to an output of type {spec.socket}."
            self._say(at, code, message, value=value, expected=expected, hint=hint)
            return
        near = self._nearest_choice(spec, value)
        self._say(at, code, message, value=value, expected=expected, suggestion=near)

    def _nearest_choice(self, spec: InputSpec, value: Any) -> str | None:
        if not isinstance(value, str) or not isinstance(spec.socket, sockets.Choice):
            return None
        return self._report.near(value, [v for v in spec.socket.values if isinstance(v, str)])

    def _secret(self, spec: InputSpec, value: Any, at: Spot) -> None:
        """The value is not repeated: it may be the secret itself."""
        named = isinstance(value, dict) and set(value) == {"secret"} and isinstance(value["secret"], str)
        if not named and not (value is None and sockets.optional(spec.socket)):
            self._say(
                at,
                "secret-in-file",
                "a secret may not stand in a file",
                expected='{"secret": "NAME"}',
                hint='Write {"secret": "NAME"} and give the value where the workflow runs.',
            )

    def _file(self, folder: str, value: Any, at: Spot) -> None:
        ref = reference(folder, value)
        if ref is None:
            expected = f'the name of a file in "{folder}"'
            self._say(at, "type", f"{shown(value)} does not name a file", value=value, expected=expected)
            return
        error = self._missing(ref)
        if error is not None and self._files is not None:
            text, _, _ = str(error).partition(" Did you mean ")
            near = self._files.near(folder, ref.name)
            near = None if near == ref.name else near
            self._say(at, "file", text.removesuffix(".") if near else text, value=ref.name, suggestion=near)

    def _embedding(self, name: str, at: Spot) -> None:
        """Report an embedding in a prompt that is not there."""
        error = self._missing(FileRef(FOLDER, name))
        if error is not None and self._files is not None:
            near = self._files.near(FOLDER, name)
            stem = near.removesuffix(".safetensors") if near else ""
            hint = f'Did you mean "{MARK}{stem}"?' if near else "Put the file there, or take it out of the prompt."
            text, _, _ = str(error).partition(" Did you mean ")
            self._say(at, "file", text.removesuffix("."), value=name, hint=hint)

    def _missing(self, ref: FileRef) -> FileError | None:
        if self._files is None:
            return None
        if ref not in self._found:
            try:
                self._files.find(ref.folder, ref.name, ref.hash)
                self._found[ref] = None
            except FileError as error:
                self._found[ref] = error
        return self._found[ref]

    def family(self, spec: InputSpec, value: Any, at: Spot) -> str:
        """The model family in the file that an input names; "" where that is not known. Damaged files are reported."""
        ref = reference(spec.folder or "", value)
        if self._inspect is None or ref is None or ref.folder not in MODEL_FOLDERS or self._missing(ref) is not None:
            return ""
        if ref not in self._families:
            try:
                self._families[ref] = self._inspect(ref)
            except (ModelError, FileError) as error:
                self._families[ref] = error
        found = self._families[ref]
        if isinstance(found, str):
            return found
        self._say(at, "model-file", str(found), value=ref.name)
        return ""

    def lacking(self, ref: FileRef, kind: str) -> str:
        """What a file whose family is known lacks of a part; "" where that is not known."""
        if self._lacks is None or not isinstance(self._families.get(ref), str):
            return ""
        try:
            return self._lacks(ref, kind)
        except (ModelError, FileError):  # said with its family, or about to be said by who reads it
            return ""

    def _say(self, at: Spot, code: str, message: str, **said: Any) -> None:
        self._report.use(code, message, at.use, at.prefix, at.input, **said)


def reference(folder: str, value: Any) -> FileRef | None:
    """The file that a document's value names, or None when it names none."""
    if isinstance(value, str) and value:
        return FileRef(folder, value)
    if isinstance(value, dict) and isinstance(value.get("file"), str) and value["file"]:
        hash = value.get("hash", "")
        return FileRef(folder, value["file"], hash) if isinstance(hash, str) else None
    return None


def file_inputs(spec: NodeSpec) -> list[InputSpec]:
    """The inputs of a node type that name model files."""
    return [i for i in spec.inputs.values() if i.folder in MODEL_FOLDERS]
