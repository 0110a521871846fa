"""The object store a configuration asks for."""

from pathlib import Path

from daybook.settings import ConfigurationError, ObjectSettings
from daybook.storage.objects import ObjectStore

FOLDER = "objects"


def object_store_of(settings: ObjectSettings, home: Path) -> ObjectStore:
    """Return the store: a bucket when an endpoint is set, else the folder ``objects`` of the desk's home.

    Raises:
        ConfigurationError: when an endpoint is set without its keys; empty keys would be a store open to everybody.
        ObjectStoreError: when the folder cannot be made.
    """
    if not settings.endpoint:
        return ObjectStore.in_folder(home / FOLDER)
    access_key, secret_key = settings.access_key.get_secret_value(), settings.secret_key.get_secret_value()
    if not access_key or not secret_key:
        raise ConfigurationError(
            "objects.endpoint is set without its keys; set DAYBOOK_OBJECTS__ACCESS_KEY and DAYBOOK_OBJECTS__SECRET_KEY"
        )
    return ObjectStore.on_s3(
        endpoint=settings.endpoint,
        bucket=settings.bucket,
        access_key=access_key,
        secret_key=secret_key,
        region=settings.region,
    )
