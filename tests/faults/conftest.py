"""A home in which a real server starts fast, and where figures go.

CALOTYPE_TORTURE=SECONDS asks for the long form with that much time for random kills; CALOTYPE_SEED seeds what is drawn;
CALOTYPE_FIGURES names a file for what was measured, one JSON object a line.
"""

import json
import os
import random
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for faultkit, which tests and their fixtures share

from faultkit.server import Server

LONG = float(os.environ.get("CALOTYPE_TORTURE", "0"))
KIT = Path(__file__).parent / "faultkit"


@pytest.fixture(scope="session")
def long() -> float:
    """Seconds for random kills in the long form; 0 in the short one."""
    return LONG


@pytest.fixture
def draw(request) -> random.Random:
    """Chance that can be repeated: the same for the same seed and the same test."""
    return random.Random(os.environ.get("CALOTYPE_SEED", "1") + request.node.name)


@pytest.fixture(scope="session")
def figure():
    """Say what was measured: `figure("kills", "0 lost", met, kills=100)`."""
    place = os.environ.get("CALOTYPE_FIGURES")

    def tell(row: str, figure: str, met: bool, **details) -> None:
        if place:
            with Path(place).open("a") as file:
                file.write(json.dumps({"row": row, "figure": figure, "met": bool(met), **details}) + "\n")

    return tell


@pytest.fixture(scope="session")
def seasoned(tmp_path_factory) -> Path:
    """A home whose catalogue is known, and the plugin beside it: the first start of all takes seconds."""
    place = tmp_path_factory.mktemp("seasoned")
    (place / "plugins").mkdir()
    shutil.copy(KIT / "toys.py", place / "plugins" / "toys.py")
    with Server(place / "home", "--plugins", str(place / "plugins")) as server:
        server.ready()
        server.stop()
    return place


@pytest.fixture
def start(seasoned, tmp_path):
    """Start a server in a home of this test: `start("--workers", "2", NAME="value")`."""
    home = tmp_path / "home"
    shutil.copytree(seasoned / "home" / "cache", home / "cache")
    ledger = tmp_path / "ledger"
    ledger.touch()
    started: list[Server] = []

    def start_(*options: str, **said) -> Server:
        env = {"FAULTS_LEDGER": str(ledger), **said}
        started.append(Server(home, "--plugins", str(seasoned / "plugins"), *options, **env))
        return started[-1]

    yield start_
    for server in started:
        server.end()
