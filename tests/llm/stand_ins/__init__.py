"""Servers that speak the wire protocols of the four providers, for tests only. Start one with ``StandIn.start``."""

from tests.llm.stand_ins.faults import Fault
from tests.llm.stand_ins.script import Asked, AskedMessage, Reply, Say, ToolCall
from tests.llm.stand_ins.stand_in import StandIn

__all__ = ["Asked", "AskedMessage", "Fault", "Reply", "Say", "StandIn", "ToolCall"]
