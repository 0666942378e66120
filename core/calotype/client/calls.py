"""What every group of methods is made of: one request to one route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from calotype.client.transport import Transport

Said = dict[str, Any]
Workflow = Mapping[str, Any] | str
BYTES = "application/octet-stream"


class Calls:
    """Responsibilities: fill in a route's path and carry out the request. A subclass has a method for each route."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def _json(
        self,
        verb: str,
        template: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        If_Match: str = "",
        Accept: str = "",
        **names: str,
    ) -> Said:
        headers = {"If_Match": If_Match, "Accept": Accept}
        said: Said = await self._transport.json(verb, path_of(template, **names), body, query, **headers)
        return said

    async def _bytes(
        self,
        verb: str,
        template: str,
        data: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        Content_Type: str = "",
        **names: str,
    ) -> bytes:
        path = path_of(template, **names)
        return (await self._transport.bytes(verb, path, data, query, Content_Type=Content_Type))[0]


def path_of(template: str, **names: str) -> str:
    """A path with its parameters, quoted."""
    return template.format(**{k: quote(v, safe="") for k, v in names.items()})
