"""Documents on the server: ETags, conflicts, versions, drafts, names."""

import json

from calotype.workflow import read, write

DOCUMENT = {"calotype": 1, "name": "mine", "nodes": {"t": {"type": "Text", "inputs": {"value": "a"}}}}


def saying(word):
    return {**DOCUMENT, "nodes": {"t": {"type": "Text", "inputs": {"value": word}}}}


async def etag(server, path):
    async with server.client.get(path) as answer:
        return answer.headers["ETag"]


async def test_a_document_comes_back_as_the_file_that_runs(whole, settings):
    async with whole() as server:
        saved = await server.put("/v1/workflows/mine?client=ann", DOCUMENT)
        assert (saved["number"], saved["author"], saved["kind"]) == (1, "ann", "saved")
        async with server.client.get("/v1/workflows/mine") as answer:
            text = await answer.read()
            assert answer.headers["ETag"] == f'"{saved["etag"]}"'
        assert text == write(read(DOCUMENT)).encode() == (settings.home / "workflows" / "mine.json").read_bytes()


async def test_an_unchanged_document_is_not_sent_again(whole):
    async with whole() as server:
        await server.put("/v1/workflows/mine", DOCUMENT)
        tag = await etag(server, "/v1/workflows/mine")
        assert await server.get("/v1/workflows/mine", 304, headers={"If-None-Match": tag}) == b""


async def test_a_change_names_what_it_was_made_from(whole):
    async with whole() as server:
        await server.put("/v1/workflows/mine", DOCUMENT)
        first = await etag(server, "/v1/workflows/mine")
        await server.put("/v1/workflows/mine", saying("b"), headers={"If-Match": first})
        path, body = "/v1/workflows/mine?client=bob", saying("c")
        async with server.client.put(path, json=body, headers={"If-Match": first}) as answer:
            said = await answer.json(content_type=None)
            assert (answer.status, said["code"]) == (412, "conflict")
            assert answer.headers["ETag"] == await etag(server, "/v1/workflows/mine")
        assert (await server.put("/v1/workflows/mine", body, 409))["code"] == "conflict"
        kept = (await server.get("/v1/workflows/mine/journal"))["drafts"]
        assert {d["client"][:7] for d in kept} == {"bob", "unnamed"}
        assert [d["draft"]["nodes"]["t"]["inputs"]["value"] for d in kept] == ["c", "c"]
        await server.put("/v1/workflows/mine", body, headers={"If-Match": "*"})
        await server.put("/v1/workflows/mine", saying("d"), 409, headers={"If-None-Match": "*"})
        await server.put("/v1/workflows/other", body, 412, headers={"If-Match": first})


async def test_versions_can_be_looked_at_and_had_back(whole):
    async with whole() as server:
        for word in ("a", "b", "c"):
            await server.put("/v1/workflows/mine", saying(word), headers={"If-Match": "*"})
        listed = (await server.get("/v1/workflows/mine/versions"))["versions"]
        assert [v["number"] for v in listed] == [3, 2, 1]
        assert (await server.get("/v1/workflows/mine/versions/1"))["nodes"]["t"]["inputs"]["value"] == "a"
        assert (await server.get("/v1/workflows/mine?revision=2"))["nodes"]["t"]["inputs"]["value"] == "b"
        back = await server.post("/v1/workflows/mine/restore", {"revision": 1})
        assert (back["number"], back["kind"]) == (4, "restored")
        assert (await server.get("/v1/workflows/mine"))["nodes"]["t"]["inputs"]["value"] == "a"
        for wrong in ("9", "0", "x", "99999999999999"):
            await server.get(f"/v1/workflows/mine/versions/{wrong}", 404)
        await server.post("/v1/workflows/mine/restore", {"revision": 9}, 404)
        await server.post("/v1/workflows/mine/restore", {"revision": 1}, 412, headers={"If-Match": '"1-0"'})


async def test_a_document_is_renamed_duplicated_thrown_away_and_taken_back(whole):
    async with whole() as server:
        await server.put("/v1/workflows/mine", DOCUMENT)
        await server.post("/v1/workflows/mine/duplicate", {"name": "copy"}, 201)
        await server.post("/v1/workflows/mine/duplicate", {"name": "COPY"}, 409)
        await server.post("/v1/workflows/mine/rename", {"name": "copy"}, 409)
        assert (await server.post("/v1/workflows/mine/rename", {"name": "Äpfel & Birnen"}))["name"] == "Äpfel & Birnen"
        await server.get("/v1/workflows/mine", 404)
        gone = await server.delete("/v1/workflows/%C3%84pfel%20&%20Birnen")
        assert (await server.get("/v1/trash"))["trash"] == [gone]
        assert (await server.post(f"/v1/trash/{gone['id']}/restore", {"name": "back"}))["name"] == "back"
        gone = await server.delete("/v1/workflows/copy")
        assert await server.delete(f"/v1/trash/{gone['id']}") == {"trash": []}
        await server.post("/v1/trash/77/restore", status=404)
        await server.delete("/v1/trash/x", 404)


async def test_templates_are_there_and_stay_as_they_are(whole):
    async with whole() as server:
        listed = {w["name"]: w for w in (await server.get("/v1/workflows"))["workflows"]}
        assert listed["text_to_image"]["template"] and "prompt" in listed["text_to_image"]["inputs"]
        await server.put("/v1/workflows/text_to_image", DOCUMENT, 403)
        await server.delete("/v1/workflows/text_to_image", 403)
        await server.post("/v1/workflows/text_to_image/duplicate", {"name": "mine"}, 201)


async def test_unsaved_work_is_offered_until_it_is_saved(whole):
    async with whole() as server:
        path = "/v1/workflows/mine/journal"
        assert await server.post(path, {"client": "ann", "draft": {"a": 1}}) == {"seq": 1}
        assert await server.post(path, {"client": "ann", "operations": [1, 2], "after": 1}) == {"seq": 3}
        assert (await server.post(path, {"client": "ann", "operations": [3], "after": 1}, 409))["code"] == "conflict"
        assert (await server.get("/v1/workflows"))["unsaved"] == ["mine"]
        (draft,) = (await server.get(path))["drafts"]
        assert (draft["draft"], draft["operations"]) == ({"a": 1}, [1, 2])
        await server.put("/v1/workflows/mine?client=ann", DOCUMENT)
        assert (await server.get(path))["drafts"] == []
        for body in ({"client": "ann"}, {"client": "ann", "draft": {}, "operations": []}, {"draft": {}}):
            await server.post(path, body, 422)
        await server.post(path, {"client": "bob", "draft": {}})
        assert await server.delete(f"{path}?client=ann") == {"discarded": 0}
        assert await server.delete(path) == {"discarded": 1}


HOSTILE = ["..%2F..%2Fetc", "%2e%2e", "a%2Fb", "a%5Cb", "con", "x.json", "%00", "a%0Ab", "x" * 201]


async def test_a_name_that_could_lead_elsewhere_is_refused_everywhere(whole, settings):
    from yarl import URL

    async with whole() as server:
        for name in HOSTILE:
            at = f"{server.url}/v1/workflows/{name}"
            paths = [URL(at + end, encoded=True) for end in ("", "/versions", "/journal", "/interface")]
            refused = [(await server.client.get(path)).status for path in paths]
            refused.append((await server.client.put(paths[0], json=DOCUMENT)).status)
            refused.append((await server.client.post(URL(at + "/run", encoded=True), json={})).status)
            assert set(refused) <= {404, 405, 422}, name
        kept = [p.name for p in (settings.home / "workflows").rglob("*") if p.suffix == ".json"]
        assert kept == []


async def test_what_is_no_workflow_is_refused_with_its_place(whole):
    async with whole() as server:
        for body, pointer in (({}, "/calotype"), ({"calotype": 1}, "/nodes"), ({"calotype": 1, "nodes": []}, "/nodes")):
            said = await server.put("/v1/workflows/mine", body, 422)
            assert pointer in [p.get("pointer") for p in said["problems"]]
        await server.put("/v1/workflows/mine", [], 422)


async def test_a_file_that_was_broken_by_hand_is_said_and_can_still_be_had(whole, settings):
    async with whole() as server:
        (settings.home / "workflows" / "broken.json").write_text('{"calotype": 1,')
        assert "line 1" in (await server.get("/v1/workflows/broken", 422))["detail"]
        assert await server.get("/v1/workflows/broken?raw=true") == b'{"calotype": 1,'
        await server.get("/v1/workflows/broken/interface", 422)
        assert json.dumps(await server.get("/openapi.json")).count("/broken/") == 0


async def test_each_workflow_s_interface_is_its_schema_and_stands_in_the_description(whole, workflow):
    async with whole() as server:
        await server.put("/v1/workflows/say it", {**workflow, "description": "Says it."})
        said = await server.get("/v1/workflows/say it/interface")
        assert (
            said["schema"]["properties"]["text"]
            == {"type": "string", "default": "hello"} | said["schema"]["properties"]["text"]
        )
        assert said["schema"]["properties"]["again"]["anyOf"][1] == {"const": "random"}
        described = (await server.get("/openapi.json"))["paths"]["/v1/workflows/say%20it/run"]["post"]
        assert described["requestBody"]["content"]["application/json"]["schema"] == said["schema"]
        assert described["description"] == "Says it."


async def test_a_page_that_knows_doubles_only_changes_no_number_that_nobody_changed(whole):
    document = {"calotype": 1, "nodes": {"n": {"type": "x.Unknown", "inputs": {"a": 2.0, "b": 2**53 + 1, "c": 1}}}}
    sent = {"calotype": 1, "nodes": {"n": {"type": "x.Unknown", "inputs": {"a": 2, "b": 2**53, "c": 5}}}}
    async with whole() as server:
        tag = (await server.put("/v1/workflows/exact", document))["etag"]
        await server.put("/v1/workflows/exact?doubles=true", sent, headers={"If-Match": f'"{tag}"'})
        said = await server.get("/v1/workflows/exact?raw=true")
        assert b'"a": 2.0' in said
        assert str(2**53 + 1).encode() in said
        assert b'"c": 5' in said
        await server.put(
            "/v1/workflows/exact", sent, headers={"If-Match": "*"}
        )  # who says nothing is taken at his word
        assert str(2**53).encode() in await server.get("/v1/workflows/exact?raw=true")
