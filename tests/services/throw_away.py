"""Databases of the local PostgreSQL server that live as long as one test or one measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from tests.surroundings import SERVICE_URLS


@contextmanager
def postgresql_database(*, prefix: str) -> Iterator[str]:
    """Create a database, yield its address, and drop it with whoever is still connected."""
    name = f"{prefix}_{uuid4().hex[:12]}"
    with psycopg.connect(SERVICE_URLS["postgresql"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield SERVICE_URLS["postgresql"].rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(SERVICE_URLS["postgresql"], autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
