"""The small models of these tests are what they say they are."""


def test_the_tiny_shapes_are_those_of_a_real_checkpoint_but_narrow(sd15_names, tiny):
    same = (
        tiny.under("model.diffusion_model", tiny.unet_shapes((32, 64, 128, 128), 768))
        | tiny.under("cond_stage_model.transformer", tiny.clip_shapes(768, 12))
        | tiny.under("first_stage_model", tiny.vae_shapes((128, 256, 512, 512)))
    )
    assert same == sd15_names
