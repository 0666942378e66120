import torch

from calotype_nodes.previews import structure
from calotype_nodes.sampling import SD1_TABLE, preview_of


def test_the_shape_in_latents_is_seen_whatever_the_channels_mean():
    square = torch.zeros(1, 1, 8, 8)
    square[..., 2:6, 2:6] = 1
    directions = torch.randn(1, 16, 1, 1, generator=torch.Generator().manual_seed(1))
    picture = structure(square * directions)
    assert picture.shape == (1, 8, 8, 3)
    inside, outside = picture[0, 2:6, 2:6], torch.cat([picture[0, :2].flatten(), picture[0, 6:].flatten()])
    assert inside.std() < 1e-5
    assert outside.std() < 1e-5
    assert (inside.mean() - outside.mean()).abs() > 0.3


def test_latents_without_any_shape_are_grey():
    assert torch.allclose(structure(torch.ones(2, 16, 4, 4)), torch.tensor(0.5))


def test_of_a_video_the_middle_frame_is_shown():
    video = torch.randn(1, 16, 3, 6, 8, generator=torch.Generator().manual_seed(2))
    assert torch.equal(preview_of(video, SD1_TABLE).pixels, structure(video[:, :, 1]))


def test_latents_of_another_form_have_no_preview():
    assert preview_of(torch.zeros(1, 4, 8), SD1_TABLE) is None
