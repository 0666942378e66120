"""Files that are made to harm: each refused from its header, at once, in little memory."""

import json
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from calotype.errors import FileError
from calotype.uploads import Bounds, look


def corpus():
    spec = spec_from_file_location("corpus", Path(__file__).with_name("conftest.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = corpus()
HARMFUL = made.BOMBS | made.ARCHIVES
AT_MOST, TRIES = 2.0, 3  # seconds, of the best of so many tries: the machine may be busy


def test_the_corpora_are_as_large_as_promised():
    assert (len(made.BOMBS), len(made.ARCHIVES)) == (20, 10)


@pytest.mark.parametrize("kind", HARMFUL)
def test_a_bomb_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "bomb"
    path.write_bytes(HARMFUL[kind]())
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        with pytest.raises(FileError) as caught:
            look(path, Bounds())
        times.append(time.perf_counter() - began)
        if times[-1] < AT_MOST:
            break
    assert min(times) < AT_MOST
    assert caught.value.problems[0].code in (
        "too-many-pixels", "too-many-frames", "damaged", "no-picture"
    )  # fmt: skip


@pytest.mark.parametrize("kind", made.OTHERS)
def test_what_is_no_picture_or_not_only_one_is_refused_by_its_kind(tmp_path, kind):
    make, words = made.OTHERS[kind]
    path = tmp_path / "other.png"
    path.write_bytes(make())
    with pytest.raises(FileError, match=words):
        look(path, Bounds())


LOOKING = """
import json, resource, sys
from pathlib import Path
from calotype.errors import FileError
from calotype.uploads import Bounds, look, uploads
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    try: look(path, Bounds())
    except FileError: pass
    else: raise SystemExit(f"taken: {path.name}")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([after - before, [m for m in ("PIL", "numpy", "torch") if m in sys.modules]]))
"""


def test_looking_at_every_bomb_takes_little_memory_and_no_decoder(tmp_path):
    for number, make in enumerate(HARMFUL.values()):
        (tmp_path / str(number)).write_bytes(make())
    done = subprocess.run([sys.executable, "-c", LOOKING, str(tmp_path)], capture_output=True, text=True, check=True)
    kilobytes, loaded = json.loads(done.stdout)
    assert (kilobytes < 50 * 1024, loaded) == (True, [])
