"""What both training scripts share: the clock, the learning rate, two replicas that average, the running mean, the state.

One process with two threads spends its time at barriers; two processes of one thread that average their weights
through a memory-mapped file do not. Either may stop or join at any time.
"""

import copy
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Step = Callable[[float], Tensor]  # progress in 0..1 -> loss


class GroupNorm(torch.autograd.Function):
    """Group normalisation of a channels-last tensor, several times faster backwards on a CPU than torch's own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        b, c, h, w = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
        mean = _over_groups(rows.sum(1, dtype=torch.float32), groups, h * w)
        centred = rows - mean.to(rows.dtype)
        rstd = (_over_groups((centred * centred).sum(1, dtype=torch.float32), groups, h * w) + eps).rsqrt()
        y = torch.addcmul(bias.to(rows.dtype), centred, (rstd * weight).to(rows.dtype))
        ctx.save_for_backward(centred, rstd, weight)
        ctx.groups = groups
        return y.view(b, h, w, c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        centred, rstd, weight = ctx.saved_tensors
        b, c, h, w = grads[0].shape
        g = grads[0].permute(0, 2, 3, 1).reshape(b, h * w, c)
        sum_g = g.sum(1, dtype=torch.float32)[:, None]
        sum_gx = (g * centred).sum(1, dtype=torch.float32)[:, None]
        along = -_over_groups((sum_gx * weight)[:, 0], ctx.groups, h * w) * rstd**3
        level = -_over_groups((sum_g * weight)[:, 0], ctx.groups, h * w) * rstd
        dx = torch.addcmul(level.to(g.dtype), centred, along.to(g.dtype)).addcmul_(g, (rstd * weight).to(g.dtype))
        return dx.view(b, h, w, c).permute(0, 3, 1, 2), (sum_gx * rstd).sum((0, 1)), sum_g.sum((0, 1)), None, None


def _over_groups(sums: Tensor, groups: int, pixels: int) -> Tensor:
    """Per-channel sums (B, C) -> the mean of each channel's group, (B, 1, C)."""
    b, c = sums.shape
    mean = sums.view(b, groups, c // groups).sum(2, keepdim=True) / (pixels * (c // groups))
    return mean.expand(b, groups, c // groups).reshape(b, 1, c)


def quicken(net: nn.Module) -> nn.Module:
    """Channels-last memory and the fast GroupNorm, in place."""
    for module in net.modules():
        if isinstance(module, nn.GroupNorm):
            module.forward = _fast_norm(module)  # type: ignore[method-assign]
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _fast_norm(norm: nn.GroupNorm) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        wide = x if x.dim() == 4 else x.unsqueeze(-1)
        return GroupNorm.apply(wide, norm.weight, norm.bias, norm.num_groups, norm.eps).view(x.shape)

    return forward


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal (Jordan et al. 2024), scaled to Adam's step length (Liu et al. 2025).

    Learns from a third fewer pictures than Adam, for a sixth more work a step. Matrices of one shape go as one batch.
    """

    def __init__(self, parameters: list[nn.Parameter], lr: float) -> None:
        shapes: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for p in parameters:
            shapes.setdefault(tuple(p.flatten(1).shape), []).append(p)
        super().__init__([{"params": same} for same in shapes.values()], {"lr": lr, "decay": 1e-3})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            same = group["params"]
            grad = torch.stack([p.grad.reshape(len(p), -1) for p in same])
            memory = self.state[same[0]].setdefault("momentum", torch.zeros_like(grad))
            memory.lerp_(grad, 0.05)
            update = _orthogonal(grad.lerp_(memory, 0.95)) * (0.2 * max(grad.shape[1:]) ** 0.5)
            for p, change in zip(same, update, strict=True):
                p.mul_(1 - group["lr"] * group["decay"]).sub_(change.view(p.shape), alpha=group["lr"])


def _orthogonal(stack: Tensor) -> Tensor:
    """Each matrix with its singular values brought near 1, by five Newton-Schulz steps."""
    x = stack.mT if stack.shape[1] > stack.shape[2] else stack
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (2.0315 * (a @ a) - 4.775 * a) @ x
    return (x.mT if stack.shape[1] > stack.shape[2] else x).float()


class Partner:
    """The other replica, met every few steps half-way between its weights and ours."""

    def __init__(self, state: Path, replica: int, parameters: list[nn.Parameter]) -> None:
        size = sum(p.numel() for p in parameters) + 1
        self.parameters = parameters
        self.mine, self.theirs = (
            torch.from_file(f"{state}.replica{r}", shared=True, size=size) for r in (replica, 1 - replica)
        )

    @torch.no_grad()
    def meet(self) -> None:
        now = time.monotonic() % 1e5
        self.mine[:-1] = torch.cat([p.reshape(-1) for p in self.parameters])
        self.mine[-1] = now
        if not 0 <= now - float(self.theirs[-1]) < 60 or not self.theirs.isfinite().all():
            return
        for p, other in zip(self.parameters, self.theirs[:-1].split([p.numel() for p in self.parameters]), strict=True):
            p.lerp_(other.view(p.shape), 0.5)


def train(
    nets: dict[str, nn.Module], parameters: list[nn.Parameter], step: Step, state: Path, *,
    minutes: float, replica: int, rate: float, smoothing: float, meet_every: int = 10, matrices: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Run `step` until `minutes` of training are done, all sittings together; resumes from `state` and saves to it.

    The matrices of the nets named in `matrices` are trained with Muon, all else with Adam.
    """
    broad = [p for name in matrices for p in nets[name].parameters() if p.dim() > 1]
    chosen = {id(p) for p in broad}
    rest = [p for p in parameters if id(p) not in chosen]
    optimisers: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, rate, (0.9, 0.99), weight_decay=1e-3, fused=True)]
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
        torch.save({
            "nets": {k: n.state_dict() for k, n in nets.items()}, "means": {k: n.state_dict() for k, n in means.items()},
            "optimisers": [o.state_dict() for o in optimisers], "steps": done, "minutes": spent + (time.time() - started) / 60,
        }, f"{state}.tmp")  # fmt: skip
        os.replace(f"{state}.tmp", state)

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
            partner.meet()
        if done % 50 == 0:
            print(f"{done} loss {average:.4f} {spent + (time.time() - started) / 60:.1f} min", flush=True)
        if replica == 0 and time.time() - saved_at > 180:
            save()
            saved_at = time.time()
    if replica == 0:
        save()
