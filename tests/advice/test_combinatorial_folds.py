import numpy as np
import pytest

from daybook.advice.combinatorial_folds import CombinatorialFolds


@pytest.mark.parametrize(
    ("folds", "tested", "splits", "paths"), [(6, 2, 15, 5), (10, 2, 45, 9), (10, 8, 45, 36), (4, 1, 4, 1)]
)
def test_folds_when_counted_then_splits_and_paths_are_the_published_ones(
    folds: int, tested: int, splits: int, paths: int
) -> None:
    plan = CombinatorialFolds(folds, tested)
    assert (plan.split_count, plan.path_count) == (splits, paths)
    assert len(plan.splits(5 * folds)) == splits
    assert len(plan.paths()) == paths


def test_paths_when_put_together_then_each_split_tests_each_of_its_folds_in_one_path() -> None:
    plan = CombinatorialFolds(6, 3)
    used = [(number, fold) for path in plan.paths() for fold, number in enumerate(path)]
    wanted = {(split.number, fold) for split in plan.splits(60) for fold in split.test_folds}
    assert len(used) == len(set(used))
    assert set(used) == wanted


@pytest.mark.parametrize(("purge", "embargo"), [(0, 0), (3, 0), (3, 2), (0, 4)])
def test_splits_when_compared_with_another_library_then_they_are_the_same(purge: int, embargo: int) -> None:
    selection = pytest.importorskip("skfolio.model_selection")
    theirs = selection.CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=purge, embargo_size=embargo)
    ours = CombinatorialFolds(6, 2, purge, embargo).splits(96)
    for split, (train, test) in zip(ours, theirs.split(np.zeros((96, 1))), strict=True):
        assert list(split.train) == sorted(int(position) for position in train)
        assert list(split.test) == sorted(int(position) for position in np.concatenate(test))


def test_splits_when_labels_span_the_purge_then_no_training_label_meets_a_tested_one() -> None:
    horizon, embargo = 5, 3
    for split in CombinatorialFolds(5, 2, horizon, embargo).splits(103):
        for position in split.train:
            gaps = [position - tested for tested in split.test]
            assert not any(-horizon <= gap <= horizon + embargo for gap in gaps)
        assert set(split.train).isdisjoint(split.test)


def test_bounds_when_observations_do_not_divide_then_folds_differ_by_one_at_most() -> None:
    bounds = CombinatorialFolds(6, 2).bounds(101)
    sizes = [end - first for first, end in bounds]
    assert sum(sizes) == 101
    assert max(sizes) - min(sizes) == 1
    assert bounds[0][0] == 0
    assert bounds[-1][1] == 101


def test_folds_when_arguments_name_nothing_then_they_are_named() -> None:
    with pytest.raises(ValueError, match="folds"):
        CombinatorialFolds(1, 1)
    with pytest.raises(ValueError, match="test_folds"):
        CombinatorialFolds(4, 4)
    with pytest.raises(ValueError, match="purge"):
        CombinatorialFolds(4, 2, -1)
    with pytest.raises(ValueError, match="observations"):
        CombinatorialFolds(4, 2).splits(3)
    with pytest.raises(ValueError, match="none to train"):
        CombinatorialFolds(4, 2, purge=50).splits(40)
