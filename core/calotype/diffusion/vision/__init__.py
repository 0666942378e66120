"""Networks that look at pictures for a conditioning: image encoders (CLIP, SigLIP), and style models that read them."""
