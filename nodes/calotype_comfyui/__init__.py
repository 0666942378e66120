"""The plugin `comfyui`: workflows of ComfyUI, read as documents. The only place that knows that program's formats.

`IMPORTERS` is how the engine finds it; nothing here runs anything.
"""

from calotype_comfyui.importer import ComfyUI

IMPORTERS = (ComfyUI(),)
"""What reads the files of other programs."""
