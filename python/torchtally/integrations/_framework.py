"""A clear word where a framework is not installed."""

from __future__ import annotations

import importlib.util


def require(package: str, extra: str) -> None:
    """Refuse to go on without a package.

    Args:
        package: name under which it is imported.
        extra: of torchtally, that installs it.

    Raises:
        ImportError: if it is not installed.
    """
    if importlib.util.find_spec(package) is None:
        raise ImportError(
            f"torchtally.integrations.{extra} needs {package}, which is not installed; "
            f"pip install torchtally[{extra}]",
            name=package,
        )
