from datetime import date

import pytest

from daybook.contracts.base import Side
from daybook.contracts.orders import BrokerOrderState
from daybook.storage import IntentStore
from tests.storage.facts import AT, DAY, HYNIX, broker_order, order_id, ticket


@pytest.fixture
def intents(database) -> IntentStore:
    store = IntentStore(database)
    store.record(ticket("mine"), AT)
    store.record(ticket("other", symbol=HYNIX), AT)
    return store


def test_order_when_linked_then_zeros_do_not_matter_and_repeating_is_fine(intents):
    assert intents.link_order(DAY, order_id("0000117057"), "mine")
    assert intents.link_order(DAY, order_id("117057", branch=""), "mine")
    assert intents.linked_orders(DAY) == {"117057": "mine"}
    assert intents.get("mine").order == order_id("0000117057")


def test_order_when_it_belongs_to_another_intent_then_it_cannot_be_linked(intents):
    intents.link_order(DAY, order_id(), "mine")
    assert not intents.link_order(DAY, order_id(), "other")
    assert intents.get("other").order is None


def test_order_when_the_day_or_account_differs_then_the_number_is_free(intents):
    intents.record(ticket("elsewhere", account="second"), AT)
    assert intents.link_order(DAY, order_id(), "mine")
    assert intents.link_order(date(2026, 3, 5), order_id(), "other")
    assert intents.link_order(DAY, order_id(), "elsewhere")
    assert intents.linked_orders(DAY, account="second") == {"117057": "elsewhere"}


def test_intent_when_its_order_was_modified_then_both_numbers_are_its_own(intents):
    intents.link_order(DAY, order_id("100"), "mine")
    intents.link_order(DAY, order_id("101"), "mine")
    assert intents.linked_orders(DAY) == {"100": "mine", "101": "mine"}
    assert intents.get("mine").order == order_id("101")


def test_external_order_when_seen_again_then_the_newest_view_is_kept(intents):
    assert intents.record_external(DAY, broker_order("000200", side=Side.SELL))
    done = broker_order("000200", side=Side.SELL, state=BrokerOrderState.FILLED, filled_shares=10, remaining_shares=0)
    assert intents.record_external(DAY, done)
    assert intents.record_external(DAY, broker_order("0000000009"))
    assert intents.external_orders(DAY) == [broker_order("0000000009"), done]
    assert intents.external_orders(DAY, account="second") == []


def test_external_order_when_it_is_ours_then_it_is_not_external(intents):
    intents.link_order(DAY, order_id("200"), "mine")
    assert not intents.record_external(DAY, broker_order("0200"))
    assert intents.external_orders(DAY) == []


def test_external_order_when_an_intent_claims_it_then_it_is_no_longer_external(intents):
    intents.record_external(DAY, broker_order("0200"))
    assert intents.link_order(DAY, order_id("200"), "mine")
    assert intents.external_orders(DAY) == []
