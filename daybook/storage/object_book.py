"""The names of objects: which day, run or action kept which bytes."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from daybook.contracts.objects import ObjectEntry, ObjectKind, ObjectRef
from daybook.storage.database import Database
from daybook.storage.errors import RecordNotFound
from daybook.storage.objects import ObjectStore
from daybook.storage.store import Store
from daybook.storage.tables.scenario import object_entries
from daybook.storage.upsert import upsert


class ObjectBook(Store):
    """Names over an object store: bytes go there first, their name into the database after."""

    def __init__(self, home: Database, objects: ObjectStore) -> None:
        super().__init__(home)
        self.objects = objects

    def keep(
        self, owner: str, contents: Mapping[str, bytes], kind: ObjectKind, at: datetime | None = None
    ) -> dict[str, ObjectRef]:
        """Keep named bytes of an owner and return their references; a name that exists is replaced.

        Raises:
            ObjectStoreError: when the object store refuses; no name is written then.
        """
        refs = {name: self.objects.put(content, kind) for name, content in contents.items()}
        moment = self._now(at)
        rows = [
            {
                "owner": owner,
                "name": name,
                "digest": ref.digest,
                "size_bytes": ref.size_bytes,
                "kind": ref.kind.value,
                "at": moment,
            }
            for name, ref in refs.items()
        ]
        if rows:
            self._write(lambda session: upsert(session, object_entries, rows), exclusive=False)
        return refs

    def entries(self, owner: str) -> list[ObjectEntry]:
        """Return what an owner kept, by name."""
        query = select(object_entries).where(object_entries.c.owner == owner).order_by(object_entries.c.name)
        rows = self._read(lambda session: session.execute(query).mappings().all())
        return [
            ObjectEntry(
                owner=row["owner"],
                name=row["name"],
                ref=ObjectRef(digest=row["digest"], size_bytes=row["size_bytes"], kind=ObjectKind(row["kind"])),
                at=row["at"],
            )
            for row in rows
        ]

    def read(self, owner: str, name: str) -> bytes:
        """Return kept bytes.

        Raises:
            RecordNotFound: when the owner kept nothing of that name.
            ObjectStoreError: when the bytes cannot be read.
        """
        found = next((entry for entry in self.entries(owner) if entry.name == name), None)
        if found is None:
            raise RecordNotFound(f"{owner} kept nothing called {name}")
        return self.objects.get(found.ref.digest)
