"""Files and graphs that are made to harm: refused over HTTP at once, in little memory, with nothing run."""

import time

import pytest
from faultkit import corpora

SOON, MEMORY, TRIES = 0.1, 50e6, 3  # seconds of the best of so many tries: the machine may be busy


class Trial:
    """Sends each bomb; keeps how long the refusals took and how much the server grew."""

    def __init__(self, server):
        self.server, self.times, self.wrong, self.answers = server, {}, [], []
        self.before = server.rss()

    def of(self, name, send):
        taken = []
        for _ in range(TRIES):
            answer = send()
            taken.append(answer.seconds)
            self.answers.append(answer.json)
            if not 400 <= answer.status < 500 or not answer.json["code"]:
                self.wrong.append((name, answer.status, answer.data[:400]))
            if taken[-1] < SOON:
                break
        self.times[name] = min(taken)

    def told(self, figure, what):
        grown = max(0, self.server.rss() - self.before)
        slow = {n: f"{t * 1000:.0f} ms" for n, t in self.times.items() if t > SOON}
        worst = max(self.times.values())
        figure("bombs", f"{len(self.times)} {what}: at most {worst * 1000:.0f} ms, RSS + {grown / 1e6:.0f} MB",
               not self.wrong and not slow and grown < MEMORY, slow=slow)  # fmt: skip
        assert self.wrong == []
        assert grown < MEMORY and worst < SOON * 20, slow


@pytest.fixture
def server(start, tmp_path):
    canary = tmp_path / "canary"
    for folder in ("checkpoints", "loras", "vae"):
        place = tmp_path / "models" / folder
        place.mkdir(parents=True)
        for number, make in enumerate(corpora.SAFETENSORS.values()):
            if folder == "checkpoints" or number != 2:  # the large one once
                (place / f"s{number}.safetensors").write_bytes(make())
        for name, data in corpora.pickles(canary).items():
            (place / name).write_bytes(data)
    with start("--workers", "1", "--models", str(tmp_path / "models")) as server:
        server.ready()
        server.get("/v1/models")
        server.post("/v1/validate", {"workflow": "text_to_image"})
        yield server
        time.sleep(0.2)
        assert server.alive and not canary.exists()


def loading(type, input, name):
    """A document that loads a file and decodes something with it."""
    loader = {"type": type, "inputs": {input: {"file": name}}}
    if type == "CheckpointLoader" or type == "VAELoader":
        more = {"d": {"type": "VAEDecode", "inputs": {"vae": {"from": "l.vae"}, "latent": {"from": "e.latent"}}}}
    else:
        loader["inputs"]["model"] = {"from": "c.model"}
        more = {"c": {"type": "CheckpointLoader", "inputs": {"checkpoint": {"file": "emoji-ldm.safetensors"}}}}
    more |= {"e": {"type": "EmptyLatent"}, "p": {"type": "PreviewImage", "inputs": {"images": {"from": "d.image"}}}}
    return {"calotype": 1, "name": "bomb", "nodes": {"l": loader, **more}}


def test_models_that_are_none_are_refused_before_anything_is_loaded(server, tmp_path, figure):
    loaders = {"checkpoints": ("CheckpointLoader", "checkpoint"), "vae": ("VAELoader", "vae"),
               "loras": ("LoraLoaderModelOnly", "lora")}  # fmt: skip
    for what, pattern in (("safetensors", "s*.safetensors"), ("pickles", "[pz]*")):
        trial = Trial(server)
        for folder, (type, input) in loaders.items():
            for path in sorted((tmp_path / "models" / folder).glob(pattern)):
                document = loading(type, input, path.name)
                trial.of(f"{folder}/{path.name}", lambda d=document: server.ask("POST", "/v1/runs", {"workflow": d}))
        trial.told(figure, what)


def test_graphs_that_explode_are_refused_with_their_place(server, figure):
    trial = Trial(server)
    for name, make in corpora.GRAPHS.items():
        data = make()
        trial.of(name, lambda d=data: server.ask("POST", "/v1/runs", data=d))
    trial.told(figure, "graphs")
    assert "unknown-type" not in {p["code"] for answer in trial.answers for p in answer.get("problems", ())}


def test_pictures_and_archives_that_explode_are_refused_before_they_are_decoded(server, figure):
    made = corpora.of("uploads/conftest.py")
    for what, corpus in (("pictures", made.BOMBS), ("archives", made.ARCHIVES)):
        trial = Trial(server)
        for name, make in corpus.items():
            data = make()
            trial.of(name, lambda d=data: server.ask("POST", "/v1/uploads", data=d, Content_Type="image/png"))
        trial.told(figure, what)
    assert not [p for p in (server.home / "input").rglob("*") if p.is_file()]
