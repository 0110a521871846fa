"""Activities of the trading layer: the desk's own health, and the rotation of the broker's token."""

import asyncio

from temporalio.client import Client

from activities.liveness import longest_silence_s
from activities.serving import serves
from daybook.contracts.calls import READ_HEALTH, ROTATE_TOKEN
from daybook.contracts.response import RotateKeys
from daybook.contracts.threat_calls import TokenRotated
from daybook.contracts.threats import HealthReadings, ReadHealth
from daybook.execution.health import HealthReader


class HealthActivities:
    """The trading layer's part of the threat level."""

    def __init__(self, reader: HealthReader, client: Client) -> None:
        self._reader = reader
        self._client = client

    @serves(READ_HEALTH)
    async def read_health(self, request: ReadHealth) -> HealthReadings:
        """Read the broker's answers, the workers' silence and the ledger's speed."""
        silent_s = await longest_silence_s(self._client)
        return await asyncio.to_thread(self._reader.read, request, silent_s)

    @serves(ROTATE_TOKEN)
    def rotate_token(self, request: RotateKeys) -> TokenRotated:
        """Revoke the broker's token and issue another."""
        return self._reader.rotate(request)
