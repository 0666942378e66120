"""What both trainings share: the clock, the learning rate, two replicas that average, the running mean, the state.

One process with two threads spends its time at barriers; two processes of one thread that average their weights
through a memory-mapped file do not. Either may stop or join at any time.
"""

import copy
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from muon import Muon
from torch import Tensor, nn

Step = Callable[[float], Tensor]  # progress in 0..1 -> loss


class Partner:
    """The other replica. They meet between their weights, nearer to the one that has made more steps since."""

    def __init__(self, state: Path, replica: int, parameters: list[nn.Parameter]) -> None:
        size = sum(p.numel() for p in parameters) + 2  # the last two: a clock and a count of steps
        self.parameters = parameters
        self.mine, self.theirs = (
            torch.from_file(f"{state}.replica{r}", shared=True, size=size) for r in (replica, 1 - replica)
        )
        self.met_at, self.seen = 0.0, float(self.theirs[-1])
        self.mine[-1] = 0

    @torch.no_grad()
    def meet(self, new_steps: int) -> None:
        """Publish our weights, and take over theirs in part if they are news."""
        now = time.monotonic() % 1e5
        self.mine[:-2] = torch.cat([p.reshape(-1) for p in self.parameters])
        self.mine[-2], self.mine[-1] = now, self.mine[-1] + new_steps
        theirs, ours = float(self.theirs[-1]) - self.seen, float(self.mine[-1]) - self.met_at
        if not 0 <= now - float(self.theirs[-2]) < 60 or theirs == 0 or not self.theirs.isfinite().all():
            return
        self.met_at, self.seen = float(self.mine[-1]), float(self.theirs[-1])
        weight = theirs / (theirs + ours) if theirs > 0 else 0.5
        for p, other in zip(self.parameters, self.theirs[:-2].split([p.numel() for p in self.parameters]), strict=True):
            p.lerp_(other.view(p.shape), weight)


def train(
    nets: dict[str, nn.Module], parameters: list[nn.Parameter], step: Step, state: Path, *,
    minutes: float, replica: int, rate: float, smoothing: float, meet_every: int = 10, matrices: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Run `step` until `minutes` of training are done, all sittings together; resumes from `state` and saves to it.

    The matrices of the nets named in `matrices` are trained with Muon, all else with Adam.
    """
    trained = {id(p) for p in parameters}
    broad = [p for name in matrices for p in nets[name].parameters() if p.dim() > 1 and id(p) in trained]
    chosen = {id(p) for p in broad}
    rest = [p for p in parameters if id(p) not in chosen]
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, rate, (0.9, 0.99), weight_decay=1e-3, fused=True)
    ]
    optimisers += [Muon(broad, rate)] if broad else []
    means = copy.deepcopy(nets)
    done, spent, started = 0, 0.0, time.time()
    if state.exists():
        saved = torch.load(state, map_location="cpu")
        for name, net in nets.items():
            net.load_state_dict(saved["nets"][name])
            means[name].load_state_dict(saved["means"][name])
        for optimiser, held in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(held)
        done, spent = saved["steps"], saved["minutes"]
    partner = Partner(state, replica, parameters)
    saved_at, average = started, math.nan

    def save() -> None:
        part = state.with_suffix(".part")
        torch.save({
            "nets": {name: net.state_dict() for name, net in nets.items()},
            "means": {name: net.state_dict() for name, net in means.items()},
            "optimisers": [optimiser.state_dict() for optimiser in optimisers],
            "steps": done, "minutes": spent + (time.time() - started) / 60,
        }, part)  # fmt: skip
        part.replace(state)

    while (progress := (spent + (time.time() - started) / 60) / minutes) < 1:
        for group in (group for optimiser in optimisers for group in optimiser.param_groups):
            group["lr"] = rate * min(1, (done + 1) / 100) * (0.02 + 0.49 * (1 + math.cos(math.pi * progress)))
        loss = step(progress)
        for p in parameters:
            p.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimiser in optimisers:
            optimiser.step()
        done += 1
        average = loss.item() if math.isnan(average) else 0.98 * average + 0.02 * loss.item()
        keep = min(smoothing, (1 + done) / (10 + done))
        with torch.no_grad():
            for name, net in nets.items():
                torch._foreach_lerp_(list(means[name].parameters()), list(net.parameters()), 1 - keep)
        if done % meet_every == 0:
            partner.meet(meet_every)
        if done % 50 == 0:
            print(f"{done} loss {average:.4f} {spent + (time.time() - started) / 60:.1f} min", flush=True)
        if replica == 0 and time.time() - saved_at > 180:
            save()
            saved_at = time.time()
    if replica == 0:
        save()
