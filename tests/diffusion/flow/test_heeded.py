"""Words that a style model puts behind a prompt, and how much FLUX heeds them."""

import torch

from calotype.diffusion.loading import load
from calotype.types import FileRef, Model

CPU = torch.device("cpu")


def test_words_that_nobody_heeds_change_nothing_and_others_do(flux):
    model = load(Model(FileRef("checkpoints", flux.name), "flux"), lambda f: flux, CPU)
    drawn = torch.Generator().manual_seed(1)
    x, words = torch.randn(1, 16, 4, 6, generator=drawn), torch.randn(1, 5, model.listens, generator=drawn)
    more = torch.cat([words, torch.randn(1, 3, model.listens, generator=drawn)], 1)

    def said(tokens, **options):
        with torch.no_grad():
            return model.predict(x, torch.full((1,), 0.5), tokens, options=options)

    plain, longer = said(words), said(more)
    torch.testing.assert_close(said(more, heeded=[[5, 3, 0.0]]), plain)
    torch.testing.assert_close(said(more, heeded=[[5, 3, 1.0]]), longer)
    less = said(more, heeded=[[5, 3, 0.2]])
    assert 1e-3 < float((less - plain).norm()) < float((longer - plain).norm())
