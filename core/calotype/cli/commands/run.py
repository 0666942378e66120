"""`calotype run`: one run, a sweep, or a workflow over many inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import complain, plural
from calotype.cli.documents import beside, load_document
from calotype.cli.inputs import Inputs
from calotype.cli.interrupt import CANCELLED, cancelling
from calotype.cli.options import Host, Json, Server, running
from calotype.cli.order import Order, applied
from calotype.cli.reporting import Reporter, reporter
from calotype.cli.runner import Runner
from calotype.cli.usage import UsageError
from calotype.cli.values import folders_of
from calotype.errors import exit_code
from calotype.workflow import Document

OUT = Path("out")
Texts = tuple[str, ...]
Path_ = Annotated[Path | None, Parameter(name=("--out", "-o"), help="Folder for the files that the run makes [out].")]


def run(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    flags: Annotated[Mapping[str, Texts] | None, Parameter(parse=False)] = None,
    document: Annotated[Document | None, Parameter(parse=False)] = None,
    set_: Annotated[
        Texts, Parameter(name="--set", help="NODE.INPUT=VALUE or INPUT=VALUE sets any input.", negative="")
    ] = (),
    save: Annotated[
        Texts, Parameter(name="--save", help="NODE.OUTPUT=PATH writes a result: .png, .safetensors, .json or .txt.")
    ] = (),
    to: Annotated[Texts, Parameter(name="--to", help="NODE to run to, with what it needs and nothing else.")] = (),
    each: Annotated[
        str, Parameter(name="--each", help="FILE.csv or folder of pictures: one run for each row or picture.")
    ] = "",
    out: Path_ = None,
    keep_going: Annotated[
        bool, Parameter(name="--keep-going", help="After a failure run what does not depend on it.")
    ] = False,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), help="Say nothing but errors.")] = False,
    json: Json = False,
    host: Host = Host(),  # noqa: B008 - frozen
    server: Server = Server(),  # noqa: B008
) -> int:
    """Run a workflow: a file, a shipped name, a picture that carries its workflow, or - for stdin.

    `calotype run FILE --help` shows the inputs of that workflow. A flag with several values sweeps over them: a comma
    or a range (1..4) for numbers, choices and files, the flag repeated for texts.
    """
    given = Inputs(flags or {}, set_)
    request = Request(
        file, document or load_document(file), given, Order(to or None, _saves(save), out, keep_going), each
    )
    with closing(reporter(json=json, quiet=quiet)) as report:
        return request.carry_out(host, server, report)


@dataclass(frozen=True, slots=True)
class Request:
    """What `run` was asked for."""

    file: str
    document: Document
    given: Inputs
    order: Order
    each: str

    def carry_out(self, host: Host, server: Server, report: Reporter) -> int:
        """Do it; the exit code."""
        document = self.document
        with running(host, server, (*folders_of(self.given.texts), *self._root(), *beside(self.file))) as services:
            sweep = self.given.sweep(document, services.registry)
            if self.each:
                from calotype.cli.many import run_each

                if sweep.moving:
                    raise UsageError("--each takes one value for each flag; put the others into columns of a CSV file")
                return run_each(services, document, self._order(), next(iter(sweep)), self.each, report)
            if sweep.moving:
                from calotype.cli.many import run_sweep

                return run_sweep(services, document, self._order(), sweep, report)
            return self._once(services, applied(document, next(iter(sweep))), report)

    def _root(self) -> tuple[Path, ...]:
        """The folder of what `--each` names."""
        if not self.each:
            return ()
        from calotype.cli.items import Source

        return (Source(Path(self.each.rpartition("=")[2] or self.each)).root,)

    def _order(self) -> Order:
        """The order with a folder for what it makes, unless only named results are wanted."""
        order = self.order
        return order if order.out is not None or order.save else replace(order, out=OUT)

    def _once(self, services: Runner, document: Document, report: Reporter) -> int:
        order = self._order()
        with cancelling() as cancel:
            finished = services.run(
                document,
                targets=order.targets,
                save={end: Path(path) for end, path in order.save.items()},
                out=order.out,
                on_event=report,
                keep_going=order.keep_going,
                cancel=cancel,
            )
        record = finished.record
        hits = sum(n["status"] == "hit" for n in record.nodes.values())
        ran = sum(n["status"] == "ran" for n in record.nodes.values())
        report.ended(record)
        report.summary(f"{plural(ran, 'node')} computed, {hits} stored, {record.seconds:.1f} s", {})
        if record.status == "cancelled":
            return CANCELLED
        if finished.error is not None:
            report.close()
            complain(f"calotype: {finished.error}")
            return exit_code(finished.error)
        return 0 if record.status == "succeeded" else 1


def _saves(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        end, equals, path = text.partition("=")
        if not equals or not path or "." not in end:
            raise UsageError(f"--save {text}: write NODE.OUTPUT=PATH, like --save decode.image=picture.png")
        found[end] = path
    return found
