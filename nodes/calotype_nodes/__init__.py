"""The built-in nodes: the first plugin, found like every other one. One module per stage; none imports torch.

`NODE_MODULES` lists the modules whose `Node` classes are node types.
"""

NODE_MODULES = (
    "calotype_nodes.loaders",
    "calotype_nodes.text",
    "calotype_nodes.prompts",
    "calotype_nodes.latents",
    "calotype_nodes.latent_starts",
    "calotype_nodes.latent_batches",
    "calotype_nodes.latent_maths",
    "calotype_nodes.sampling",
    "calotype_nodes.custom_sampling",
    "calotype_nodes.samplers",
    "calotype_nodes.schedules",
    "calotype_nodes.sigmas",
    "calotype_nodes.guiders",
    "calotype_nodes.guidance",
    "calotype_nodes.model_changes",
    "calotype_nodes.merging",
    "calotype_nodes.vae",
    "calotype_nodes.tiling",
    "calotype_nodes.conditioning",
    "calotype_nodes.editing_models",
    "calotype_nodes.editing",
    "calotype_nodes.control",
    "calotype_nodes.images",
    "calotype_nodes.image_shapes",
    "calotype_nodes.image_filters",
    "calotype_nodes.upscaling",
    "calotype_nodes.masks",
    "calotype_nodes.compositing",
    "calotype_nodes.logic",
    "calotype_nodes.lists",
    "calotype_nodes.output",
    "calotype_nodes.video",
)
