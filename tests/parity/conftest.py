"""Reference workflows, the models that they were computed with, and a small interpreter for them."""

import hashlib
import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import Shared, load
from calotype.diffusion.sampling import sample
from calotype.types import Clip, Conditioning, Control, ControlNet, FileRef, Latent, Model, Patch, Vae

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
CASES = REFERENCE / "comfy" / "parity"
FOLDERS = {"ckpt_name": "checkpoints", "control_net_name": "controlnet", "lora_name": "loras"}


@pytest.fixture(scope="session")
def models():
    """The folder of the reference models: made once, kept outside of the repository."""
    if not CASES.is_dir():
        pytest.skip("the reference workflows are not beside the repository (../shared/reference)")
    script = REFERENCE / "make_models.py"
    made = hashlib.blake2b(script.read_bytes(), digest_size=8).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"calotype-reference-models-{made}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name) as making:
            subprocess.run([sys.executable, script, f"{making}/models"], check=True)
            Path(making, "models").rename(folder)
    return folder


@pytest.fixture(scope="session")
def reference(models):
    """Runs reference workflows with this library."""
    return Reference(models)


class Reference:
    """A reading of ComfyUI's API format, as far as the reference workflows go."""

    def __init__(self, folder):
        self.folder = folder
        self.shared = Shared()
        self.loaded = cache(
            lambda recipe: load(recipe, lambda ref: folder / ref.folder / ref.name, "cpu", None, self.shared)
        )
        self.encoded = cache(lambda clip, text: Conditioning((self.loaded(clip).encode(text),), clip.family))

    def case(self, name):
        """The wanted values of a case, and ours, both by label."""
        case = json.loads((CASES / f"{name}.json").read_text())
        done = {}
        ours = {label: self.output(case["workflow"], *link, done) for label, link in case["capture"].items()}
        with np.load(CASES / f"{name}.npz") as stored:
            return {k: torch.from_numpy(stored[k]) for k in stored.files}, ours

    def output(self, workflow, node, index, done):
        """One output of a node, computing what it needs."""
        if node not in done:
            said = workflow[node]["inputs"]
            inputs = {
                name: self.output(workflow, *value, done) if isinstance(value, list) else value
                for name, value in said.items()
            }
            done[node] = getattr(self, workflow[node]["class_type"])(SimpleNamespace(**inputs))
        return done[node][index]

    def file(self, name, value):
        ref = FileRef(FOLDERS[name], value)
        return ref, family_of(self.folder / ref.folder / ref.name)

    def CheckpointLoaderSimple(self, said):
        of = self.file("ckpt_name", said.ckpt_name)
        return Model(*of), Clip(*of), Vae(*of)

    def CLIPSetLastLayer(self, said):
        return (said.clip.patched(Patch("clip_skip", settings=(("stop_at_layer", said.stop_at_clip_layer),))),)

    def LoraLoader(self, said):
        file, _ = self.file("lora_name", said.lora_name)
        return tuple(
            recipe.patched(Patch("lora", file, (("strength", strength),)))
            for recipe, strength in ((said.model, said.strength_model), (said.clip, said.strength_clip))
        )

    def ControlNetLoader(self, said):
        return (ControlNet(*self.file("control_net_name", said.control_net_name)),)

    def ControlNetApplyAdvanced(self, said):
        control = Control(said.control_net, said.image, said.strength, said.start_percent, said.end_percent)
        return said.positive.mapped(controls=(control,)), said.negative.mapped(controls=(control,))

    def CLIPTextEncode(self, said):
        return (self.encoded(said.clip, said.text),)

    def EmptyLatentImage(self, said):
        return (Latent(torch.zeros(said.batch_size, 4, said.height // 8, said.width // 8)),)

    def EmptyImage(self, said):
        rgb = torch.tensor([said.color >> shift & 255 for shift in (16, 8, 0)]) / 255
        return (rgb.expand(said.batch_size, said.height, said.width, 3),)

    def ImageCompositeMasked(self, said):
        image = said.destination.clone()
        height, width = said.source.shape[1:3]
        image[:, said.y : said.y + height, said.x : said.x + width] = said.source
        return (image,)

    def VAEEncode(self, said):
        return (Latent(self.loaded(said.vae).encode(said.pixels)),)

    def VAEDecode(self, said):
        return (self.loaded(said.vae).decode(said.samples.samples),)

    def KSampler(self, said):
        controls = {c.net for p in (*said.positive.prompts, *said.negative.prompts) for c in p.controls}
        sampled = sample(
            self.loaded(said.model),
            said.positive,
            said.negative,
            said.latent_image,
            sampler=said.sampler_name,
            scheduler=said.scheduler,
            seed=said.seed,
            steps=said.steps,
            cfg=said.cfg,
            denoise=said.denoise,
            controls={net: self.loaded(net) for net in controls},
        )
        return (sampled.latent,)
