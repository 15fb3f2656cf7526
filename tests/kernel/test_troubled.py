"""A troubled link does to messages what each record says, and is a plain link outside its window."""

from dataclasses import dataclass

import pytest

from twin.kernel.faults import At, Fault, Faults
from twin.kernel.laws import Constant
from twin.kernel.link import Link
from twin.kernel.timeline import Timeline
from twin.kernel.troubled import TroubledLink

SENT = range(0, 10_000, 100)
"""One message every 100 us, under way for 10 us; faults are on from 2,000 to 6,000."""


@dataclass
class Letter:
    number: int


def came(kind: str, link: type = TroubledLink, **how: object) -> tuple[dict[int, list[int]], list[int], Link]:
    """Return when each message arrived, relative to when it was sent, which losses were noticed, and the link."""
    timeline = Timeline()
    arrivals: dict[int, list[int]] = {at: [] for at in SENT}
    noticed: list[int] = []
    more = {"told": lambda letter: noticed.append(letter.number)} if link is TroubledLink else {}
    made = link(timeline, 7, "a/b", latency=Constant(10e-6), **more)
    if link is TroubledLink:
        record = {"trigger": At(2_000), "duration": 4_000} | how
        faults = Faults(timeline, 7, [Fault(name="f", kind=kind, target="a/b", **record)])
        faults.armed[0].levers.append(made)
        faults.start()

    def arrive(letter: Letter) -> None:
        arrivals[letter.number].append(timeline.now - letter.number - 1)

    for at in SENT:
        timeline.call_at(at + 1, lambda at: made.send(at, 1, arrive, Letter(at)), at)
    timeline.run()
    return arrivals, noticed, made


def inside(arrivals: dict[int, list[int]]) -> dict[int, list[int]]:
    assert all(when == [10] for at, when in arrivals.items() if not 2_000 <= at < 6_000)
    return {at: when for at, when in arrivals.items() if 2_000 <= at < 6_000}


@pytest.mark.parametrize("kind", ["N1", "N2", "N8", "N12"])
def test_what_is_lost_in_silence_never_arrives_and_nobody_is_told(kind):
    arrivals, noticed, link = came(kind, visibility="silence")
    assert set(map(tuple, inside(arrivals).values())) == {()}
    assert (link.lost_count, noticed, link.may_lose) == (40, [], True)


def test_a_reset_is_noticed_at_once_by_its_sender():
    arrivals, noticed, _ = came("N10", visibility="error", numbers={"probability": 0.5})
    lost = [at for at, when in inside(arrivals).items() if not when]
    assert noticed == lost
    assert 10 < len(lost) < 30


def test_an_extra_delay_is_added_to_the_way():
    assert set(map(tuple, inside(came("N3", numbers={"extra": 3_000.0})[0]).values())) == {(3_010,)}


def test_a_second_copy_arrives_within_its_lag():
    copies = inside(came("N4", numbers={"lag": 500.0})[0])
    assert all(when[0] == 10 and 10 <= when[1] <= 510 for when in copies.values())
    assert len({when[1] for when in copies.values()}) > 20


def test_reordered_messages_are_overtaken():
    late = inside(came("N5", numbers={"within": 1_000.0})[0])
    arrived = [at + when[0] for at, when in late.items()]
    assert arrived != sorted(arrived)
    assert max(when[0] for when in late.values()) <= 1_010


def test_latency_is_multiplied():
    assert set(map(tuple, inside(came("N6", numbers={"factor": 5.0})[0]).values())) == {(50,)}


def test_a_clog_lets_go_of_everything_at_once_and_in_order():
    held = inside(came("N7", end="heal_with_burst")[0])
    assert {at + when[0] for at, when in held.items()} == {6_009}


def test_a_squeezed_link_serves_one_after_the_other_and_drops_beyond_its_backlog():
    arrivals, _, link = came("N14", numbers={"capacity": 2_000.0, "backlog": 3.0})
    served = [when for at, when in arrivals.items() if 2_000 <= at < 6_000 and when]
    assert link.dropped_count == 40 - len(served) > 20
    assert max(when[0] for when in served) <= 10 + 3 * 500 + 500


def test_only_selected_kinds_of_message_suffer():
    assert set(map(tuple, came("N1", select=("Parcel",))[0].values())) == {(10,)}
    assert () in set(map(tuple, came("N1", select=("Letter",))[0].values()))


def test_outside_its_window_it_is_a_plain_link():
    troubled = came("N1", trigger=At(9_999_999))[0]
    assert troubled == came("", link=Link)[0]
