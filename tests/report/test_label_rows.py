from daybook.report.label_rows import Place, place_labels


def test_labels_when_they_are_far_apart_then_all_stand_in_the_first_row_where_they_want() -> None:
    assert place_labels([20, 60], [10, 10], 0, 100, 3) == [Place(20, 0), Place(60, 0)]


def test_labels_when_they_crowd_then_they_take_further_rows_and_come_back() -> None:
    places = place_labels([20, 22, 24, 60], [10, 10, 10, 10], 0, 100, 3)
    assert [place.row for place in places if place] == [0, 1, 2, 0]


def test_labels_when_an_edge_is_near_then_they_are_moved_inside() -> None:
    assert place_labels([1, 99], [10, 10], 0, 100, 1) == [Place(5, 0), Place(95, 0)]


def test_labels_when_no_row_has_room_then_they_are_left_out() -> None:
    assert place_labels([20, 21, 22], [10, 10, 10], 0, 100, 2) == [Place(20, 0), Place(21, 1), None]
