"""The data files of this room."""

from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from daybook.routing.errors import RoutingDataError

T = TypeVar("T")


def read_data(name: str, shape: TypeAdapter[T]) -> T:
    """Return a packaged YAML file in its shape.

    Raises:
        RoutingDataError: not YAML, or not of the shape; the text says where.
    """
    try:
        return shape.validate_python(yaml.safe_load(files("daybook.routing").joinpath("data", name).read_text("utf-8")))
    except yaml.YAMLError as error:
        raise RoutingDataError(f"{name} is not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RoutingDataError(f"{name}: {where}: {first['msg']}") from error
