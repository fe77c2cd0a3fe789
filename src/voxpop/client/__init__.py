"""A client of a running Voxpop for notebooks and programs: tables in, tables out."""

from voxpop.client.asynchronous import AsyncClient
from voxpop.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]
