"""The benchmark's report: Markdown tables that read well on a terminal too."""

from collections.abc import Sequence

from bench_desk import SYMBOLS
from figures import Latency, ratio
from results import FULL_DAY_TICKS, HISTORY_LIMIT, Block, Results, step_medians
from ticks import UNIVERSE

ORDER_PROCESSES = ("temporal", "control", "trading", "paper")
FLOOR_PROCESSES = ("temporal", "floor-control", "floor-trading")


def report(results: Results) -> str:
    """Return the whole report."""
    parts = [_machine(results), _latency(results), _cpu(results), _steps(results), _events(results), _notes(results)]
    return "\n\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up; all but the first are aligned to the right."""
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join((first, *others)) + " |"

    rule = (
        "|"
        + "|".join("-" * (width + 2) if not column else "-" * (width + 1) + ":" for column, width in enumerate(widths))
        + "|"
    )
    return "\n".join((line(head), rule, *(line(row) for row in rows)))


def _machine(results: Results) -> str:
    machine = results.machine
    before, after = results.load_before, results.load_after
    return (
        f"Measured {machine.measured_at} on {machine.cpu_model}, {machine.cores} cores, {machine.kernel}; "
        f"Python {machine.python}, temporalio {machine.temporal_sdk}, {machine.temporal_server}.\n"
        f"Load average before {before[0]:.1f} {before[1]:.1f} {before[2]:.1f}, "
        f"after {after[0]:.1f} {after[1]:.1f} {after[2]:.1f} (1, 5, 15 min)."
    )


def _latency(results: Results) -> str:
    floor, many = results.floor.latency, results.floor_in_flight.latency
    rows = [
        _row("floor: bare workflow, one no-op activity", floor, floor),
        _row("order: trigger to the exchange", results.to_exchange, floor),
        _row("order: trigger to filled, booked, ended", results.order.latency, floor),
    ]
    if results.day is not None:
        rows.append(_row("decision tick", Latency.of(results.day.durations_s), floor))
    rows += [
        _row(f"floor, {results.at_once} in flight", many, many),
        _row(f"order to the exchange, {results.at_once} in flight", results.to_exchange_in_flight, many),
        _row(f"order to filled, booked, ended, {results.at_once} in flight", results.order_in_flight.latency, many),
    ]
    head = ("latency", "n", "p50 ms", "p95 ms", "min ms", "p50 / floor", "min / floor")
    rates = (
        f"Throughput with {results.at_once} in flight: floor {results.floor_in_flight.per_s:.1f}/s, "
        f"orders {results.order_in_flight.per_s:.1f}/s."
    )
    return f"{table(head, rows)}\n\n{rates}"


def _row(name: str, latency: Latency, floor: Latency) -> tuple[str, ...]:
    return (
        name,
        str(latency.n),
        f"{latency.p50_ms:.1f}",
        f"{latency.p95_ms:.1f}",
        f"{latency.min_ms:.1f}",
        f"{ratio(latency.p50_ms, floor.p50_ms):.2f}",
        f"{ratio(latency.min_ms, floor.min_ms):.2f}",
    )


def _cpu(results: Results) -> str:
    floor, order = _net(results.floor, results, FLOOR_PROCESSES), _net(results.order, results, ORDER_PROCESSES)
    total = sum(floor.values())
    desk_s = sum(spent for name, spent in order.items() if name != "paper") / 1000
    rows = [
        (
            "floor",
            *_cells(floor["temporal"], floor["floor-control"], floor["floor-trading"]),
            "-",
            f"{total:.1f}",
            "1.00",
        ),
        (
            "order, to its end",
            *_cells(order["temporal"], order["control"], order["trading"], order["paper"]),
            f"{1000 * desk_s:.1f}",
            f"{ratio(1000 * desk_s, total):.2f}",
        ),
        (
            "idle, per second",
            *_cells(*(results.idle_cpu_ms_per_s[name] for name in ORDER_PROCESSES)),
            f"{sum(results.idle_cpu_ms_per_s[name] for name in ORDER_PROCESSES[:3]):.1f}",
            "",
        ),
    ]
    head = ("CPU ms, one at a time", "server", "control", "trading", "exchange", "without exchange", "/ floor")
    return f"{table(head, rows)}\n\nOne order costs {desk_s:.3f} CPU-seconds on server, control and trading together."


def _net(block: Block, results: Results, names: Sequence[str]) -> dict[str, float]:
    """Return CPU time of one without what the processes use when nothing happens."""
    each = block.cpu_ms_each()
    idle_s = block.wall_s / len(block.durations_s)
    return {name: max(0.0, each[name] - results.idle_cpu_ms_per_s.get(name, 0.0) * idle_s) for name in names}


def _cells(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.1f}" for value in values)


def _steps(results: Results) -> str:
    rows = [
        (name, *_cells(parts["decided"], parts["waited"], parts["worked"], sum(parts.values())))
        for name, parts in step_medians(results.orders)
    ]
    head = ("step of an order, p50 ms", "until decided", "until taken", "worked", "all")
    placed = len(results.orders) + len(results.orders_in_flight)
    return (
        f"{table(head, rows)}\n\n{results.detours} of {placed} orders made other calls than these, e.g. a second look."
    )


def _events(results: Results) -> str:
    rows = [("PlaceOrder", _spread(list(results.order_events.elements())), "")]
    text = ""
    if results.day is not None:
        day, chain = results.day, results.day.chain
        by_run = " + ".join(f"{events:,}" for events in chain.events_by_run)
        size_kb = sum(chain.bytes_by_run) / 1024
        rows += [
            ("DecisionTick", _spread(day.events_by_tick), f"with {day.orders} orders started over the day"),
            ("TradingDay, each tick", f"{chain.events_per_child:.1f}", "with signals of orders that ended meanwhile"),
            (
                f"TradingDay, {day.ticks} ticks, measured",
                f"{chain.events:,}",
                f"runs {by_run}; {size_kb:,.0f} KiB; the largest run is {_share(max(chain.events_by_run))}",
            ),
            (
                f"TradingDay, {FULL_DAY_TICKS} ticks, extrapolated",
                f"{chain.extrapolated(FULL_DAY_TICKS):,}",
                f"{_share(chain.extrapolated(FULL_DAY_TICKS))}, were it one run",
            ),
        ]
        text = (
            f"\n\nThe day ran at speed {day.speed:.0f} over {len(UNIVERSE)} symbols: {day.ticks} decisions, "
            f"{day.missed_ticks} missed, {day.orders} orders, {day.filled} filled, "
            f"{'signed off' if day.signed_off else 'NOT signed off'}."
        )
    return table(("events of a history", "events", "what"), rows) + text


def _share(events: int) -> str:
    return f"{100 * events / HISTORY_LIMIT:.0f} % of {HISTORY_LIMIT:,}"


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2]
    return str(middle) if ordered[0] == ordered[-1] else f"{middle} ({ordered[0]}-{ordered[-1]})"


def _notes(results: Results) -> str:
    lines = (
        "Everything ran once, in this order, on one server: floor and orders alternate in blocks of ten, then several "
        "in flight, then the day.",
        "The floor has its own two worker processes, one for its workflow's queue and one for its activity's, with "
        "default options.",
        "Server: Temporal dev server with the desk's dynamic configuration, its store a SQLite file (WAL, synchronous "
        "normal). Ledger: a SQLite file (WAL, synchronous full).",
        f"Orders: marketable limit orders of 3 shares over {len(SYMBOLS)} symbols, all risk rules evaluated, limits "
        "wide enough to pass, no approval; the paper exchange fills them as they come in, at speed 1, without a rate "
        "limit.",
        "Trigger: the client's call that starts PlaceOrder. At the exchange: the exchange's own time stamp of the "
        "order, read after the run (good to about 1 ms), so nothing polls while it is timed.",
        "CPU time is user and system time from /proc, without what the process uses when idle; on a machine that "
        "others use as well, believe it and the minima before p95.",
    )
    return "Assumptions:\n\n" + "\n".join(f"- {line}" for line in lines)
