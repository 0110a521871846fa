"""The desk of a home, wherever it listens, and never another one."""

from daybook.front import running
from daybook.front.desk import Desk, DeskUnreachable
from daybook.settings import Settings

SERVER_DATABASE = "temporal.db"
"""Where a local stack's Temporal server keeps its state; a home with it has a server of its own."""


def located(configured: Settings) -> Settings:
    """Return the settings with the address of the desk of their home.

    The server is the one that is configured, else that of the desk running in the home. Nothing else is tried: what
    happens to listen on the usual port may be another desk, and a halt must never reach the wrong one. With neither,
    the address is empty.
    """
    if "address" in configured.temporal.model_fields_set:
        return configured
    found = running.find(configured.home)
    where = {"address": found.temporal_address, "ui_url": found.ui_url} if found else {"address": ""}
    return configured.model_copy(update={"temporal": configured.temporal.model_copy(update=where)})


async def connect(configured: Settings) -> Desk:
    """Connect to the desk of the configured home, never to another one that happens to listen at the usual address.

    Raises:
        DeskUnreachable: when it does not run, or its server does not answer.
    """
    address = configured.temporal.address
    keeps_its_own_server = (configured.home / SERVER_DATABASE).exists()
    if keeps_its_own_server and "address" not in configured.temporal.model_fields_set:
        found = running.find(configured.home)
        address = address if found is not None and found.temporal_address == address else ""
    if not address:
        raise DeskUnreachable(
            f"the desk of {configured.home} is not running; start it with: daybook up (another desk is named by "
            "DAYBOOK_HOME, another server by DAYBOOK_TEMPORAL__ADDRESS)"
        )
    try:
        return await Desk.connect(configured)
    except ValueError:
        raise DeskUnreachable(f"{address} is no address; write DAYBOOK_TEMPORAL__ADDRESS as host:port") from None


async def connect_located(configured: Settings) -> Desk:
    """Locate the desk of a home now, then connect to it; for processes that outlive a desk's restart."""
    return await connect(located(configured))
