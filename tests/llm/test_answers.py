import pytest
from pydantic import BaseModel

from daybook.llm.answers import answer_model, answer_models
from daybook.llm.errors import RequestRefused


class Verdict(BaseModel):
    good: bool


def test_answer_model_when_registered_then_found_by_its_name() -> None:
    assert answer_model("Verdict", answer_models(Verdict, Verdict)) is Verdict


def test_answer_model_when_no_name_is_given_then_free_text_is_asked() -> None:
    assert answer_model("", answer_models(Verdict)) is None


def test_answer_model_when_unknown_then_the_known_ones_are_told() -> None:
    with pytest.raises(RequestRefused, match="'Nothing'; known: Verdict"):
        answer_model("Nothing", answer_models(Verdict))


def test_answer_models_when_two_share_a_name_then_refused() -> None:
    other = type("Verdict", (BaseModel,), {})
    with pytest.raises(ValueError, match="Verdict"):
        answer_models(Verdict, other)
