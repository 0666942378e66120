"""The model library: mathematics and weights. It knows nothing of nodes or graphs.

`header` and `families` say what is in a weights file without torch; `layouts` rename tensors to one naming; `loading`
builds modules from recipes; `denoiser`, `text`, `vae`, `control`, `lora` are what the modules do; `sampling` is how a
latent is developed.
"""
