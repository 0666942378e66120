"""Files that are dropped: our own give the very same document, those of others a report of what became of them."""

import base64
import json
import struct
import zlib

import pytest
from playwright.async_api import expect

DROP = """(files) => {
  const transfer = new DataTransfer()
  for (const [name, type, data] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name, {type}))
  }
  const how = {dataTransfer: transfer, bubbles: true, cancelable: true, clientX: 700, clientY: 400}
  const target = document.querySelector('.react-flow__pane')
  target.dispatchEvent(new DragEvent('dragover', how))
  target.dispatchEvent(new DragEvent('drop', how))
}"""


async def drop(page, *files):
    kinds = {"json": "application/json", "png": "image/png"}
    said = [[n, kinds[n.rsplit(".")[-1]], base64.b64encode(data).decode()] for n, data in files]
    await page.evaluate(DROP, said)


def png(**texts):
    """A picture of one pixel, with texts."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    said = [(b"tEXt", k.encode() + b"\0" + json.dumps(v).encode()) for k, v in texts.items()]
    parts = [(b"IHDR", header), *said, (b"IDAT", zlib.compress(b"\0\xff\0\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*p) for p in parts)


API = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20, "cfg": 8, "sampler_name": "euler", "denoise": 1,
          "scheduler": "normal", "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0],
          "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a castle", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["10", 0]}},
    "10": {"class_type": "FancyGlow", "inputs": {"image": ["8", 0], "strength": 0.4}},
}  # fmt: skip

SLOTS = {
    "CheckpointLoaderSimple": ([], [("MODEL", "MODEL"), ("CLIP", "CLIP"), ("VAE", "VAE")], ["ckpt_name"]),
    "CLIPTextEncode": ([("clip", "CLIP")], [("CONDITIONING", "CONDITIONING")], ["text"]),
    "EmptyLatentImage": ([], [("LATENT", "LATENT")], ["width", "height", "batch_size"]),
    "KSampler": (
        [("model", "MODEL"), ("positive", "CONDITIONING"), ("negative", "CONDITIONING"), ("latent_image", "LATENT")],
        [("LATENT", "LATENT")], ["seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"]),
    "VAEDecode": ([("samples", "LATENT"), ("vae", "VAE")], [("IMAGE", "IMAGE")], []),
    "SaveImage": ([("images", "IMAGE")], [], ["filename_prefix"]),
    "FancyGlow": ([("image", "IMAGE")], [("IMAGE", "IMAGE")], ["strength"]),
}  # fmt: skip


def drawn():
    """The same graph as the canvas of ComfyUI saves it."""
    links, nodes = [], []
    for id, node in API.items():
        ins, outs, widgets = SLOTS[node["class_type"]]
        inputs = []
        for slot, (name, kind) in enumerate(ins):
            source, output = node["inputs"][name]
            links.append([len(links) + 1, int(source), output, int(id), slot, kind])
            inputs.append({"name": name, "type": kind, "link": len(links)})
        inputs += [{"name": w, "type": "*", "link": None, "widget": {"name": w}} for w in widgets if w]
        values = [node["inputs"].get(w, "fixed") for w in widgets]
        outputs = [{"name": n, "type": k, "links": []} for n, k in outs]
        place = {"pos": [100 * int(id), 50], "size": [300, 200], "order": int(id), "mode": 0, "flags": {}}
        nodes.append({"id": int(id), "type": node["class_type"], "inputs": inputs, "outputs": outputs,
                      "widgets_values": values, "properties": {}} | place)  # fmt: skip
    return {
        "last_node_id": 10,
        "last_link_id": len(links),
        "nodes": nodes,
        "links": links,
        "groups": [{"title": "All of it", "bounding": [50, 0, 1400, 400], "color": "#335"}],
        "version": 0.4,
    }


async def test_21_the_picture_of_a_run_opens_the_identical_document(page, ui, served):
    workflow = {
        "calotype": 1,
        "name": "Painted",
        "nodes": {
            "number": {"type": "toys.Number", "inputs": {"value": 7}},
            "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "number.int"}}},
        },
        "layout": {"number": {"x": 10, "y": 20}, "paint": {"x": 310, "y": 20}},
    }
    run = await served.ask("POST", "/v1/runs", {"workflow": workflow})
    while (said := await served.ask("GET", f"/v1/runs/{run['id']}"))["state"] not in ("succeeded", "failed"):
        pass
    (file,) = said["files"]
    await drop(page, ("painted.png", await served.ask("GET", f"/v1/files/{file['digest']}?run={run['id']}")))
    await expect(page.get_by_role("tab", selected=True)).to_have_text("Painted")
    assert await ui.document(page) == workflow
    assert (await served.ask("POST", "/v1/diff", {"before": workflow, "after": await ui.document(page)}))["same"]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("api.json", lambda: json.dumps(API).encode()),
        ("drawn.json", lambda: json.dumps(drawn()).encode()),
        ("api.png", lambda: png(prompt=API)),
        ("drawn.png", lambda: png(prompt=API, workflow=drawn())),
    ],
)
async def test_21_a_comfyui_workflow_is_imported_with_a_report_and_a_way_to_each_node(page, ui, name, made):
    before = await ui.document(page)
    await drop(page, (name, made()))
    report = page.get_by_role("dialog", name="What was imported")
    await expect(report).to_contain_text("7 nodes mapped")
    await expect(report).to_contain_text("1 without a counterpart")
    lost = report.locator("details", has_text="Without a counterpart").get_by_role("listitem")
    await expect(lost).to_contain_text("FancyGlow")
    id = await lost.get_by_role("button").inner_text()
    await lost.get_by_role("button", name=f"Show node {id}").click()
    await expect(report).to_be_hidden()
    await expect(page.locator(f'.react-flow__node.selected[data-id="{id}"]')).to_be_visible()
    now = await ui.document(page)
    assert now["nodes"][id]["inputs"]["strength"] == 0.4
    await expect(page.get_by_role("region", name="Frame All of it")).to_have_count(int("drawn" in name))
    assert sorted(n["type"] for n in now["nodes"].values() if n["type"] in ("KSampler", "TextEncode", "SaveImage")) == [
        "KSampler", "SaveImage", "TextEncode", "TextEncode"
    ]  # fmt: skip
    await page.get_by_role("button", name=f"Menu of “{name.split('.')[0]}").click()
    await page.get_by_role("menuitem", name="Import report").click()
    await expect(report).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Text to image").first.click()
    assert await ui.document(page) == before


async def test_21_several_files_open_a_tab_each_and_a_bad_one_says_what_is_wrong(open_page, ui):
    one, two = ({"calotype": 1, "name": n, "nodes": {"n": {"type": "toys.Number"}}} for n in ("First", "Second"))
    async with open_page(allow=("400", "422")) as page:
        await drop(
            page, ("one.json", json.dumps(one).encode()), ("bad.json", b"{"), ("two.json", json.dumps(two).encode())
        )
        for name in ("First", "Second"):
            await expect(page.get_by_role("tab", name=name)).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text("bad.json")
