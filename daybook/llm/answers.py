"""Names of structured answers: what ``CompletionRequest.answer_schema`` may say.

A request that crosses a process border cannot carry a class, so it carries a name; whoever serves requests has one
mapping from names to models, built where the rooms that own the models are imported.
"""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from daybook.llm.errors import RequestRefused


def answer_models(*models: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """A mapping by class name.

    Raises:
        ValueError: two models have the same name.
    """
    mapping: dict[str, type[BaseModel]] = {}
    for model in models:
        if mapping.setdefault(model.__name__, model) is not model:
            raise ValueError(f"two answer models are named {model.__name__}")
    return mapping


def answer_model(name: str, models: Mapping[str, type[BaseModel]]) -> type[BaseModel] | None:
    """The model of a name; None for no name, which asks for free text.

    Raises:
        RequestRefused: nobody knows the name.
    """
    if not name:
        return None
    if name not in models:
        raise RequestRefused(f"no answer model is named {name[:60]!r}; known: {_listed(models)}")
    return models[name]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
