"""Combinatorial purged cross-validation: which observations train and test in which split.

López de Prado, "Advances in Financial Machine Learning", 2018, chapter 12. Time is cut into folds; every choice of
``test_folds`` of them is a split, and the tested folds of all splits make up whole paths through time, each fold of a
path from another split. An observation whose label reaches into a tested stretch is purged from training, as is one
the tested labels reach into; an embargo drops some more after it.
"""

import itertools
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """One split: positions that train and positions that test, ascending."""

    number: int
    test_folds: tuple[int, ...]
    train: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True)
class CombinatorialFolds:
    """How time is cut.

    Parameters
    ----------
    folds : int
        Stretches of time.
    test_folds : int
        How many of them are tested in each split.
    purge : int
        Observations dropped either side of a tested stretch: the label's horizon.
    embargo : int
        Further observations dropped after a tested stretch.

    Raises
    ------
    ValueError
        For fewer than two folds, no or only test folds, or a negative purge or embargo.
    """

    folds: int
    test_folds: int
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ValueError(f"folds must be 2 or more, not {self.folds}")
        if not 1 <= self.test_folds < self.folds:
            raise ValueError(f"test_folds must be at least 1 and fewer than the {self.folds} folds")
        if self.purge < 0 or self.embargo < 0:
            raise ValueError("purge and embargo must be 0 or more")

    @property
    def split_count(self) -> int:
        """The number of splits: folds choose test_folds."""
        return math.comb(self.folds, self.test_folds)

    @property
    def path_count(self) -> int:
        """The number of whole paths: splits * test_folds / folds."""
        return math.comb(self.folds - 1, self.test_folds - 1)

    def bounds(self, observations: int) -> tuple[tuple[int, int], ...]:
        """Return each fold's first position and the one after its last; the first folds are longer by one at most.

        Raises ``ValueError`` for fewer observations than folds.
        """
        if observations < self.folds:
            raise ValueError(f"observations must be {self.folds} or more, one a fold, not {observations}")
        size, longer = divmod(observations, self.folds)
        starts = [fold * size + min(fold, longer) for fold in range(self.folds + 1)]
        return tuple(itertools.pairwise(starts))

    def splits(self, observations: int) -> tuple[Split, ...]:
        """Return every split of so many observations, in lexicographic order of the tested folds.

        Raises ``ValueError`` for fewer observations than folds, or where purging leaves a split nothing to train on.
        """
        bounds = self.bounds(observations)
        found = []
        for number, tested in enumerate(itertools.combinations(range(self.folds), self.test_folds)):
            test: list[int] = []
            dropped = bytearray(observations)
            for first, end in (bounds[fold] for fold in tested):
                test.extend(range(first, end))
                low, high = max(0, first - self.purge), min(observations, end + self.purge + self.embargo)
                dropped[low:high] = b"\x01" * (high - low)
            train = tuple(position for position in range(observations) if not dropped[position])
            if not train:
                raise ValueError(f"purge and embargo leave split {number} of {observations} observations none to train")
            found.append(Split(number, tested, train, tuple(test)))
        return tuple(found)

    def paths(self) -> tuple[tuple[int, ...], ...]:
        """Return each path as the number of the split that tests fold 0, 1, ... in it.

        Path j takes of each fold the j-th split that tests it, so that every (split, tested fold) is used once.
        """
        testing: list[list[int]] = [[] for _ in range(self.folds)]
        for number, tested in enumerate(itertools.combinations(range(self.folds), self.test_folds)):
            for fold in tested:
                testing[fold].append(number)
        return tuple(zip(*testing, strict=True))
