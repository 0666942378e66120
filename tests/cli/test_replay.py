"""`calotype replay`."""

import json

from PIL import Image

from calotype.images import text_of, with_text


def made(calotype, *words):
    done = calotype("run", "draw.json", "--colour", 9, "--seed", "random", *words)
    assert done.code == 0, done.err
    return done.lines


def retold(path, **changes):
    """The picture with another record."""
    data = path.read_bytes()
    record = json.loads(text_of(data)["calotype"]) | changes
    path.write_bytes(with_text(data, "calotype", json.dumps(record)))


def test_a_picture_comes_out_again(calotype):
    (path,) = made(calotype)
    assert calotype("replay", path, "-q").out == "identical\n"
    assert calotype("replay", path, "--json").json[0]["identical"] is True


def test_another_picture_is_said_to_differ_and_by_how_much(calotype, place):
    (path,) = made(calotype)
    data = (place / path).read_bytes()
    with Image.open(place / path) as picture:
        picture.putpixel((3, 3), (12, 0, 0))
        picture.save(place / path)
    record = text_of(data)["calotype"]
    (place / path).write_bytes(with_text((place / path).read_bytes(), "calotype", record))
    done = calotype("replay", path, "-q")
    assert done.code == 1
    assert done.lines[0].startswith("different: by at most ") and "0.26% of the pixels" in done.lines[0]
    assert done.lines[1] == "  and nothing that is recorded differs"


def test_what_else_differs_is_named(calotype, place):
    (path,) = made(calotype)
    record = json.loads(text_of((place / path).read_bytes())["calotype"])
    nodes = {k: v | {"version": 7} for k, v in record["nodes"].items()}
    retold(place / path, runtime=record["runtime"] | {"torch": "1.0"}, nodes=nodes)
    done = calotype("replay", path, "-q")
    assert done.code == 0
    assert done.lines[0] == "identical"
    assert done.lines[1].startswith("  torch: 1.0 then, ")
    assert done.lines[2] == '  version of node "draw" (toys.Draw): 7 then, 1 now'


def test_each_picture_of_a_batch_comes_out_alone(calotype):
    paths = made(calotype, "--set", "draw.batch=3")
    assert len(paths) == 3
    assert [calotype("replay", p, "--alone", "-q").out for p in paths] == ["identical\n"] * 3
    assert [calotype("replay", p, "-q").out for p in paths] == ["identical\n"] * 3


def test_a_picture_without_a_record_is_an_error(calotype, place):
    Image.new("RGB", (4, 4)).save(place / "plain.png")
    (place / "cut.png").write_bytes((place / "plain.png").read_bytes()[:40])
    for name in ("plain.png", "cut.png", "missing.png"):
        done = calotype("replay", name)
        assert done.code == 4 and name in done.err and "Traceback" not in done.err


def test_an_incomplete_record_is_an_error(calotype, place):
    (path,) = made(calotype)
    retold(place / path, workflow=[])
    assert calotype("replay", path).code == 4
    data = (place / path).read_bytes()
    (place / path).write_bytes(with_text(data, "calotype", "{nonsense"))
    done = calotype("replay", path)
    assert done.code == 4 and "Traceback" not in done.err


def test_a_picture_with_damaged_pixels_is_said_to_be_damaged_before_anything_runs(calotype, place):
    (name,) = made(calotype)
    path = place / name
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 8] ^= 255
    path.write_bytes(bytes(data))
    done = calotype("replay", path)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f'calotype: "{path}" is damaged, so there is nothing to compare with')
