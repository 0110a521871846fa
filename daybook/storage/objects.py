"""The object store: immutable bytes under their own SHA-256, in a local folder or on an S3 server.

Keys are ``sha256/ab/cdef...``; an object is written once (``mode="create"``) and never changed, so that a repeated
write is no write, and a read proves itself by its digest. What an object is called stands in the database.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from daybook.contracts.objects import ObjectKind, ObjectRef
from daybook.storage.errors import StorageError

_PREFIX: Final = "sha256"
_HEX_DIGITS: Final = 64


class ObjectStoreError(StorageError):
    """The object store did not do what it was asked; the message says what to look at."""


class ObjectMissing(ObjectStoreError):
    """There is no object of this digest."""


class ObjectDamaged(ObjectStoreError):
    """An object's bytes are not those its digest promises."""


class ObjectStore:
    """Content-addressed bytes over one backend (local folder, S3, memory)."""

    def __init__(self, backend: Any, where: str) -> None:
        self._backend = backend
        self.where = where

    @classmethod
    def in_folder(cls, folder: Path) -> "ObjectStore":
        """Return a store in a local folder, which is made when it is missing.

        Raises:
            ObjectStoreError: when the folder cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(str(folder.resolve())), str(folder))
        except (OSError, BaseError) as error:
            raise ObjectStoreError(f"the object folder {folder} cannot be used: {error}") from error

    @classmethod
    def in_memory(cls) -> "ObjectStore":
        """Return a store that ends with the process."""
        return cls(MemoryStore(), "memory")

    @classmethod
    def on_s3(cls, *, endpoint: str, bucket: str, access_key: str, secret_key: str, region: str) -> "ObjectStore":
        """Return a store in a bucket of an S3 server; an ``http:`` endpoint is used as it is, without TLS."""
        backend = S3Store(
            bucket,
            endpoint=endpoint,
            access_key_id=access_key,
            secret_access_key=secret_key,
            region=region,
            virtual_hosted_style_request=False,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": "30s"},
            retry_config={"max_retries": 3},
        )
        return cls(backend, f"{endpoint.rstrip('/')}/{bucket}")

    def put(self, content: bytes, kind: ObjectKind) -> ObjectRef:
        """Keep ``content`` and return its reference; content that is there already is left alone.

        Raises:
            ObjectStoreError: when the backend refuses or cannot be reached.
        """
        digest = hashlib.sha256(content).hexdigest()
        try:
            obstore.put(self._backend, key_of(digest), content, mode="create")
        except AlreadyExistsError:
            pass  # the same digest is the same content
        except (BaseError, OSError) as error:
            raise self._failed("keep an object", error) from error
        return ObjectRef(digest=digest, size_bytes=len(content), kind=kind)

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest.

        Raises:
            ObjectMissing: when there are none.
            ObjectDamaged: when they are others than the digest says.
            ObjectStoreError: when the backend cannot be reached.
        """
        try:
            content = bytes(obstore.get(self._backend, key_of(digest)).bytes())
        except FileNotFoundError as error:
            raise ObjectMissing(f"the object store {self.where} has no object {digest}") from error
        except (BaseError, OSError) as error:
            raise self._failed(f"read object {digest}", error) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise ObjectDamaged(f"object {digest} in {self.where} is damaged; restore it from a backup")
        return content

    def has(self, digest: str) -> bool:
        """Return whether a digest is there."""
        try:
            obstore.head(self._backend, key_of(digest))
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise self._failed(f"look for object {digest}", error) from error
        return True

    def delete(self, digest: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            obstore.delete(self._backend, key_of(digest))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise self._failed(f"remove object {digest}", error) from error

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object, in no order."""
        try:
            for page in obstore.list(self._backend, prefix=_PREFIX):
                for entry in page:
                    yield str(entry["path"]).removeprefix(f"{_PREFIX}/").replace("/", "")
        except (BaseError, OSError) as error:
            raise self._failed("list objects", error) from error

    def _failed(self, what: str, error: Exception) -> ObjectStoreError:
        return ObjectStoreError(f"could not {what} in {self.where}: {str(error).splitlines()[0][:200]}")


def key_of(digest: str) -> str:
    """Return the key of a digest; raises ``ObjectStoreError`` for a text that is none."""
    if len(digest) != _HEX_DIGITS or not set(digest) <= set("0123456789abcdef"):
        raise ObjectStoreError("an object is named by the 64 hexadecimal digits of its SHA-256")
    return f"{_PREFIX}/{digest[:2]}/{digest[2:]}"


def packed_arrays(arrays: Mapping[str, Any]) -> bytes:
    """Return named numpy arrays as one npz; equal arrays give equal bytes."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return buffer.getvalue()


def unpacked_arrays(content: bytes) -> dict[str, Any]:
    """Return the arrays of ``packed_arrays``; raises ``ObjectDamaged`` when the bytes hold none."""
    import numpy as np

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (ValueError, OSError, EOFError) as error:
        raise ObjectDamaged(f"an object that should hold arrays does not: {error}") from error
