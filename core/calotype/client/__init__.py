"""A server of Calotype from Python: every route as a typed method, for asyncio and without."""

from calotype.client.asynchronous import AsyncClient
from calotype.client.errors import ServerError, Unreachable
from calotype.client.made import Made, MadeFile
from calotype.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "Made", "MadeFile", "ServerError", "Unreachable"]
