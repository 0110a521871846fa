"""Serve the API: ``python -m api``. Host and port come from the configuration."""

import sys

import uvicorn

from api.app import create_app
from daybook.front.located import connect_located
from daybook.logs import configure_logging
from daybook.settings import ConfigurationError, load_settings
from daybook.storage.errors import StorageConfigurationError

_OPEN_REQUESTS = 100
_STOP_WITHIN_S = 10


def main() -> None:
    """Serve until told to stop; exits with 2 and one line when the configuration cannot be used."""
    try:
        settings = load_settings()
        configure_logging("api")
        app = create_app(settings, connect_located)
    except (ConfigurationError, StorageConfigurationError) as error:
        sys.stderr.write(f"api: {error}\n")
        sys.exit(2)
    uvicorn.run(
        app,
        host=settings.api.host,
        port=settings.api.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_OPEN_REQUESTS,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        h11_max_incomplete_event_size=16 * 1024,
        ws="none",
    )


if __name__ == "__main__":
    main()
