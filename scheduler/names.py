"""Names of cities, services, documents and the like, as `names(kind, id, lang)` wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.session import Database


class Names:
    """Callable `names(kind, id, lang) -> str`; kinds: city, service, service_group, document. Thread-safe."""

    def __init__(self, database: Database, *, ttl_s: float = 60.0) -> None:
        self.database = database
        self.ttl_s = ttl_s

    def __call__(self, kind: str, id: str, lang: str) -> str:
        raise NotImplementedError
