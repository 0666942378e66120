"""What commands are told of memory, and what of it is refused."""

import pytest

from calotype.cli.options import Host
from calotype.server.options import Place
from calotype.settings import GIB, Settings

SAID = {
    "device": "sim:6G", "vram": "4G", "ram": "12G", "aside": ("vae",), "placement": "group", "storage": "fp8",
}  # fmt: skip
MEANT = {
    "device": "sim:6G", "vram": 4 * GIB, "ram": 12 * GIB, "aside": {"vae"}, "placement": "group", "storage": "fp8",
}  # fmt: skip


def meant(settings):
    return {name: getattr(settings, name) for name in MEANT}


@pytest.mark.parametrize("options", [Host, Place])
def test_a_run_and_a_server_are_told_of_memory_in_the_same_words(options, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    assert meant(options(**SAID).settings()) == MEANT
    monkeypatch.setenv("CALOTYPE_PLACEMENT", "streamed")
    assert options().settings().placement == "streamed"
    assert options(placement="whole").settings().placement == "whole"


def test_the_environment_says_the_same(tmp_path):
    env = {f"CALOTYPE_{name.upper()}": said if isinstance(said, str) else ",".join(said) for name, said in SAID.items()}
    settings = Settings.load(home=tmp_path, env=env)
    assert meant(settings) == MEANT
    assert settings.simulated == 6 * GIB


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("--device", "sim:much"), "write cpu, cuda, cuda:1, mps, sim:6G, or auto"),
        (("--ram", "much"), '"much" is not a size; write it like 6G or 512M'),
        (("--placement", "nowhere"), 'Choose from: "auto", "whole", '),
        (("--aside", "denoiser"), "denoiser"),
        (("--storage", "fp4"), "fp4"),
    ],
)
def test_what_is_none_of_them_is_refused_in_one_line(calotype, said, words):
    done = calotype("run", "draw.json", *said)
    assert done.code == 2
    assert words in done.err and "Traceback" not in done.err
