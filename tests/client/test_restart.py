"""A server that is killed, and what its clients have of it afterwards."""

from pathlib import Path

from calotype.client import Client


def test_e2_what_was_acknowledged_before_a_kill_is_offered_after_it(server, tmp_path, toys, workflows):
    start = type(server)
    first = start(tmp_path / "home", toys)
    with Client(first.link) as client:
        saved = client.save_workflow("mine", workflows["draw"], client="ann")
        client.post_draft("mine", "ann", base=1, draft={"half": "done"})
        client.post_draft("never saved", "ann", operations=[{"add": "node"}])
        client.pause()
        waiting = client.submit(workflows["draw"], {"colour": 3})["id"]
        first.kill()
    assert (tmp_path / "home/workflows/mine.json").is_file()
    Path(tmp_path / "home/workflows/by_hand.json").write_text('{"calotype": 1, "nodes": {}}')
    second = start(tmp_path / "home", toys)
    try:
        with Client(second.link) as client:
            assert client.workflow("mine").etag == saved["etag"]
            assert client.drafts("mine")[0]["draft"] == {"half": "done"}
            assert client.drafts("never saved")[0]["operations"] == [{"add": "node"}]
            assert "by_hand" in [w["name"] for w in client.workflows()["workflows"]]
            client.resume()
            assert [e["event"] for e in client.follow(waiting)][-1] == "RunEnded"
            assert client.made(waiting).images[0].getpixel((0, 0)) == (3, 0, 0)
    finally:
        second.stop()
