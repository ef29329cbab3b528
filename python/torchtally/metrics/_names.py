"""Names of classes and regions, for results that people log and plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from torchtally._options import ClassNames
from torchtally.functional._checks import is_integer
from torchtally.functional._policy import ScorePolicy
from torchtally.ops._arguments import listed, number


def checked_names(op: str, given: ClassNames, classes: int) -> tuple[str, ...]:
    """Return a name for each class: those that are given, and numbers.

    Names that are given several times get the number of their class, so that each name
    means one class.

    Raises:
        TypeError: for what is neither names nor a mapping from classes to them.
        ValueError: for another number of names, or a class that there is not.
    """
    if given is None:
        return tuple(map(str, range(classes)))
    if isinstance(given, Mapping):
        given = {number(index): name for index, name in given.items()}
    elif not isinstance(given, AbstractSet):
        given = listed(given)
    if not isinstance(given, (list, Mapping)):
        raise TypeError(
            f"{op}: class_names must be a sequence of names, or a mapping from classes "
            f"to names, got {type(given).__name__}"
        )
    if isinstance(given, Mapping):
        for index in given:
            if not is_integer(index) or not 0 <= index < classes:
                raise ValueError(
                    f"{op}: class_names must name classes in [0, {classes}), "
                    f"got {index!r}"
                )
        names = [str(given.get(index, index)) for index in range(classes)]
    else:
        names = [str(name) for name in given]
    if len(names) != classes:
        raise ValueError(
            f"{op}: class_names must hold {classes} names, got {len(names)}"
        )
    often = Counter(names)
    return tuple(
        name if often[name] == 1 else f"{name} ({index})"
        for index, name in enumerate(names)
    )


def entry_names(
    policy: ScorePolicy, regions: object, names: tuple[str, ...]
) -> list[str]:
    """Return the names of the entries of ``average="none"``.

    Args:
        policy: of the score.
        regions: as they were given; a mapping names them.
        names: of all classes.
    """
    if policy.regions is None:
        return [names[index] for index in policy.scored_classes(len(names))]
    if isinstance(regions, Mapping):
        return list(map(str, regions))
    return ["+".join(names[index] for index in union) for union in policy.regions]
