"""Text encoders that several families ask differently, by what their loader is told."""

from calotype.validate.families import Compatibility, Known, mismatch

QWEN = Known("qwen3-4b", "Clip", "words", "ClipLoader", "qwen_3_4b.safetensors")
FLUX2 = Known("flux2", "Model", "model", "ModelLoader", "klein.safetensors")
Z_IMAGE = Known("z-image", "Model", "model", "ModelLoader", "z_image.safetensors")


def test_an_encoder_that_is_not_told_goes_with_the_first_family_alone():
    assert Compatibility().fits(Z_IMAGE, QWEN)
    assert not Compatibility().fits(FLUX2, QWEN)


def test_the_remedy_is_to_tell_it():
    message, remedy = mismatch(FLUX2, QWEN)
    assert message.startswith('the Qwen 3 4B text encoder from node "words"')
    assert remedy == 'Set the type to "flux2" in node "words".'
