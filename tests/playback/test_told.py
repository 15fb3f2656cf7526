"""Figures that channels were told are compared push by push where pushes are the same, else in their order."""

from twin.playback.diverge import Told

RECORDED, REPLAYED = True, False


def test_pushes_that_are_answered_in_another_order_than_they_were_sent_are_the_same():
    told = Told()
    assert not told.tell(REPLAYED, 0, 1, 7, push=100)
    assert not told.tell(REPLAYED, 0, 1, 6, push=101)
    assert not told.tell(RECORDED, 0, 1, 6, push=101)
    assert not told.tell(RECORDED, 0, 1, 7, push=100)
    assert list(told.rest()) == []


def test_other_pushes_are_compared_in_their_order():
    told = Told()
    assert not told.tell(REPLAYED, 0, 1, 7, push=100)
    assert told.tell(RECORDED, 0, 1, 6, push=101)
    assert told.differs == {(0, 1): (6, 7)}
    assert not told.tell(RECORDED, 0, 1, 9, push=102), "the first difference of an item counts"


def test_what_one_side_alone_was_told_is_left_at_the_end():
    told = Told()
    told.tell(RECORDED, 0, 1, 7, push=100)
    told.tell(REPLAYED, 2, 1, 3, push=101)
    assert list(told.rest()) == [(0, 1, True, 7), (2, 1, False, 3)]
