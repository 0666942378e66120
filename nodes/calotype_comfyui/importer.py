"""What the engine asks: whether a file is of ComfyUI, and for the document in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype.plugins import Imported, Note, Report
from calotype_comfyui.api import is_node, read_api
from calotype_comfyui.boxes import Box, Scene
from calotype_comfyui.convert import Conversion
from calotype_comfyui.each import map_lists
from calotype_comfyui.editor import read_editor
from calotype_comfyui.passing import pass_by
from calotype_comfyui.perp_neg import use_guiders
from calotype_comfyui.samplers import gather_samplers
from calotype_comfyui.settle import settle
from calotype_comfyui.variants import vary

API, EDITOR = "API format of ComfyUI", "editor format of ComfyUI"
MOST_NOTES = 1000


class ComfyUI:
    """Reads both formats, bare or inside of what ComfyUI and its clients wrap them in, from files and PNG texts."""

    name = "comfyui"

    def recognises(self, data: Mapping[str, Any]) -> bool:
        """Whether one of the formats is in it."""
        return bool(_api(data) or _editor(data))

    def convert(self, data: Mapping[str, Any]) -> Imported:
        """The document. Where both formats are there, the API format says what ran, the editor's how it looked."""
        api, editor = _api(data), _editor(data)
        drawn = read_editor(editor) if editor else Scene()
        scene = read_api(api) if api else drawn
        if api and editor:
            scene = _dressed(scene, drawn)
        pass_by(scene)
        boxes, guided = use_guiders(settle(scene))
        boxes, gathered = gather_samplers(boxes)
        vary(boxes)
        made = Conversion(boxes)
        for box, text in scene.remarks:
            made.note(box, text, warning=True)
        for box, text in (*guided, *gathered):
            made.note(box, text, warning=False)
        frames = [{"id": f"frame_{n}", **frame} for n, frame in enumerate(scene.frames, 1)]
        parts = {"layout": made.layout, "frames": frames}
        document = {"calotype": 1, "nodes": made.nodes} | {k: v for k, v in parts.items() if v}
        lists = [Note(message=text, node=node, type=made.mapped[node][0]) for node, text in map_lists(document)]
        notes = (*made.notes, *lists, *_left_out(scene))[:MOST_NOTES]
        format = API if api else EDITOR
        return Imported(document, Report(format=format, mapped=made.mapped, unknown=made.unknown, notes=notes))


def _left_out(scene: Scene) -> list[Note]:
    texts = sum("text" in f for f in scene.frames)
    return [Note(message=f"notes on the canvas became frames: {texts}")] if texts else []


def _dressed(scene: Scene, drawn: Scene) -> Scene:
    """What ran, with the titles, places and frames of the drawing."""
    looks: dict[str, Box] = {b.id: b for b in drawn.boxes}
    for box in scene.boxes:
        look = looks.get(box.id)
        if look is not None and look.type == box.type:
            box.place, box.title = look.place, box.title or look.title
    scene.frames = drawn.frames
    return scene


def _api(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The API format in a file: bare, or under "prompt" or "workflow"."""
    return next((d for d in (data, data.get("prompt"), data.get("workflow")) if _is_api(d)), None)


def _editor(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The editor's format in a file: bare, under "workflow", or where a client sends it with a prompt."""
    extra = data.get("extra_data")
    pnginfo = extra.get("extra_pnginfo") if isinstance(extra, dict) else None
    sent = pnginfo.get("workflow") if isinstance(pnginfo, dict) else None
    return next((d for d in (data, data.get("workflow"), sent) if _is_editor(d)), None)


def _is_api(said: Any) -> bool:
    return isinstance(said, dict) and any(is_node(node) for node in said.values())


def _is_editor(said: Any) -> bool:
    return (
        isinstance(said, dict) and isinstance(said.get("nodes"), list) and ("links" in said or "last_node_id" in said)
    )
