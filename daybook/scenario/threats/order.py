"""The order in which threats are worked through: causes before what they set off."""

from daybook.contracts.scenario import ThreatSpec


def after_their_causes(threats: tuple[ThreatSpec, ...]) -> tuple[int, ...]:
    """Return the places of the threats, each after all that trigger it, otherwise as they stand.

    A scenario whose triggers go in a ring cannot be built, so there is always such an order.
    """
    causes: dict[str, set[str]] = {threat.id: set() for threat in threats}
    for threat in threats:
        for entry in threat.triggers:
            causes[entry.threat].add(threat.id)
    order: list[int] = []
    done: set[str] = set()
    while len(order) < len(threats):
        for place, threat in enumerate(threats):
            if threat.id not in done and causes[threat.id] <= done:
                order.append(place)
                done.add(threat.id)
                break
    return tuple(order)
