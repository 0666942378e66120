"""What a CUDA device is told, as far as that can be seen without one."""

from types import SimpleNamespace

import torch

from calotype.pool.devices import Cuda


def told(monkeypatch, where, limit):
    said = []
    properties = SimpleNamespace(total_memory=8 << 30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share, index: said.append((share, index)))
    Cuda(torch.device(where), limit)
    return said


def test_the_allocator_itself_holds_a_budget(monkeypatch):
    assert told(monkeypatch, "cuda:1", 2 << 30) == [(0.25, 1)]
    assert told(monkeypatch, "cuda", 6 << 30) == [(0.75, None)]


def test_a_budget_larger_than_the_device_is_all_of_it_and_none_is_not_said(monkeypatch):
    assert told(monkeypatch, "cuda:0", 9 << 30) == [(1.0, 0)]
    assert told(monkeypatch, "cuda:0", None) == []
