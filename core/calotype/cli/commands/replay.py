"""`calotype replay`: does a picture come out again, and if not, what is different?"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from calotype.cli.console import complain, say, say_json
from calotype.cli.interrupt import cancelling
from calotype.cli.options import Host, Json
from calotype.cli.replaying import Recorded, check_pixels, compare, differences, pinned
from calotype.cli.reporting import Quiet, reporter
from calotype.errors import ExecutionError
from calotype.services import Services
from calotype.types import Saved

FRESH = Host()
ROUNDING = 1  # of 255: what another order of summing may come to in a picture


def replay(
    picture: Path,
    /,
    *,
    alone: Annotated[bool, Parameter(help="Compute only this picture of its batch, without the others.")] = False,
    image: Annotated[
        int | None, Parameter(help="Which picture of the batch the file is, from 0, where it is not the one recorded.")
    ] = None,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), help="Say only the answer.")] = False,
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """Compute a picture again from the record inside it and compare. Exit code 0 if it is the same, 1 if not.

    Nothing stored is used. Where it differs it is said what else does: engine, torch, device, number format, node
    versions, model files; and by how much, in steps of 255.

    Parameters
    ----------
    picture
        A PNG that a run wrote.
    """
    recorded = Recorded.read(picture) if image is None else replace(Recorded.read(picture), index=image)
    before = check_pixels(picture)
    report = Quiet() if quiet or json else reporter(json=False, quiet=False)
    with tempfile.TemporaryDirectory() as empty:
        settings = replace(host.settings([picture.absolute().parent]), home=Path(empty))
        with Services.open(settings, on_warning=complain) as services, cancelling() as cancel:
            document, index = recorded.document(services.registry, alone=alone)
            document, files = pinned(document, recorded, services)
            other = differences(recorded, services) + files
            finished = services.run(document, targets=[recorded.node], on_event=report, cancel=cancel)
            report.close()
            if finished.error is not None:
                raise finished.error
            again = _file(finished.results[recorded.node].values(), index)
    found = compare(before, again) | {"other": other}
    rounding = alone and not found["identical"] and (found["difference"] or ROUNDING + 1) <= ROUNDING
    if json:
        say_json(found)
    else:
        for line in _lines(found, rounding=rounding):
            say(line)
    return 0 if found["identical"] or rounding else 1


def _file(values: Any, index: int) -> bytes:
    saved = next((v for v in values.values() if isinstance(v, Saved)), None)
    if saved is None or not 0 <= index < len(saved.files):
        raise ExecutionError(
            f"the run made no picture number {index}; the record and the picture do not belong together"
        )
    return bytes(saved.files[index].data)


def _lines(found: dict[str, Any], *, rounding: bool) -> list[str]:
    others = [f"  {d['what']}: {d['then']} then, {d['now']} now" for d in found["other"]]
    if found["identical"]:
        return ["identical", *others]
    if found["difference"] is None:
        return [f"different: {found['why']}", *others]
    apart = f"by at most {found['difference']} of 255, in {found['share']:.2%} of the pixels"
    if rounding:
        return [f"the same but for rounding, {apart}: a batch of another size sums in another order", *others]
    return [f"different: {apart}", *(others or ["  and nothing that is recorded differs"])]
