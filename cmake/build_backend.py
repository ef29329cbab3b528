"""Build backend of ``pip install``: scikit-build-core's, whose errors name no command.

pip installs nothing with ``--no-build-isolation``, so that scikit-build-core or cmake
may be missing. CMake itself says what to do about torch and a compiler.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

HELP = """torchtally: {} Run
    pip install torch cmake ninja pybind11 scikit-build-core
    pip install --no-build-isolation ."""

try:
    from scikit_build_core import build
    from scikit_build_core.errors import NotFoundError
except ImportError as error:
    raise SystemExit(HELP.format(f"{error}.")) from None


def with_help(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook that names the command where CMake or ninja is not found."""

    @functools.wraps(hook)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return hook(*args, **kwargs)
        except NotFoundError as error:
            raise SystemExit(HELP.format(f"{error}.")) from None

    return call


globals().update({name: with_help(getattr(build, name)) for name in build.__all__})
