"""The KIS client: wire, decoding, state and façade of one account in one mode (``build_broker``)."""

from daybook.broker.kis.client import KisBroker, build_broker
from daybook.broker.kis.credentials import (
    KisCredentials,
    credentials_from_values,
    paper_credentials,
    read_kis_devlp,
)
from daybook.broker.kis.stream import KisStream
from daybook.broker.kis.stream_settings import StreamSettings

__all__ = [
    "KisBroker",
    "KisCredentials",
    "KisStream",
    "StreamSettings",
    "build_broker",
    "credentials_from_values",
    "paper_credentials",
    "read_kis_devlp",
]
