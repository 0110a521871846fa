"""mojito2 on the WebSocket: one process of its own, 46 fields a trade record."""

import multiprocessing

import mojito
import mojito.koreainvestment
from steps import APP_KEY, APP_SECRET, MOCK_URL, SYMBOL, WS_URL, Steps


class LocalWebsockets:
    """Stands in for the websockets module, which mojito2 calls with a fixed address."""

    def __init__(self, real: object) -> None:
        self._real = real

    def connect(self, _uri: str, **options: object) -> object:
        return self._real.connect(f"{WS_URL}/?ws_layout=legacy", **options)


class LocalStream(mojito.KoreaInvestmentWS):
    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.base_url = MOCK_URL


def main() -> None:
    multiprocessing.set_start_method("fork", force=True)
    mojito.koreainvestment.websockets = LocalWebsockets(mojito.koreainvestment.websockets)
    steps = Steps()
    stream = LocalStream(APP_KEY, APP_SECRET, ["H0STCNT0", "H0STASP0"], [SYMBOL])
    stream.start()
    seen: dict[str, object] = {}

    def wait_for_both() -> bool:
        while len(seen) < 2:
            kind, data = stream.queue.get(timeout=25)
            seen[str(kind)] = data
        return True

    steps.run("both", wait_for_both)
    steps.run("kinds", lambda: {kind: str(data)[:80] for kind, data in seen.items()})
    stream.terminate()
    steps.report()


main()
