"""What becomes of an order that has left the recording, and of events that go out twice."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import scenarios
from scenarios.replays import completed, replay, versions
from tests.playback.recording import asking_for_more, recorded_in, submitted
from twin.errors import UsageError
from twin.middleware.unit import ORDERS
from twin.model.commands import SubmitOrder
from twin.model.history import Answer, Closing, Stimulus
from twin.model.order import Intake, Order, Payment
from twin.playback.expected import Expected
from twin.playback.feed import After, Feed
from twin.playback.history import HistoryFile, Numbered
from twin.world.run import HISTORY, run_once


@pytest.fixture(scope="module")
def working_hours(tmp_path_factory: pytest.TempPathFactory) -> HistoryFile:
    """The history of a morning with open floors and enough stock."""
    folder = tmp_path_factory.mktemp("morning")
    settings = ("start.at=2026-03-03T08:00", "horizon=4h", "landscape.size.skus=40", "stock={rule: none, opening: 900}")
    return HistoryFile(recorded_in(folder, settings))


Played = Callable[[After], tuple[Feed, Order]]


@pytest.fixture(scope="module")
def diverged(working_hours: HistoryFile) -> Played:
    """Plays the recording with its first order asking for two units more; returns the feed and that order."""
    records = list(working_hours)
    place, submit = submitted(records)[0]
    line, record = records[place]
    edited: list[Numbered] = [*records[:place], (line, asking_for_more(record, 2)), *records[place + 1 :]]

    def played(after: After) -> tuple[Feed, Order]:
        (version,) = versions(working_hours.header, (), "verbatim")
        header = completed(working_hours.header, version, "verbatim")
        feed = Feed(header, version.scenario, version.design, expected=Expected(edited), after=after)
        feed.play(edited)
        order = feed.alone.store.get(ORDERS, submit.case)
        assert isinstance(order, Order)
        return feed, order

    return played


def test_what_is_sent_about_a_skipped_order_is_taken_without_a_word(diverged: Played):
    feed, order = diverged("skip")
    assert order.intake is Intake.ACCEPTED
    assert not order.shipments
    assert order.releases, "its units stay claimed, for nobody ships them"
    assert not feed.alone.middleware.queue
    assert order.id not in {event.case for event in feed.alone.store.outbox.values()}


def test_an_order_that_is_answered_is_confirmed_shipped_and_invoiced_as_it_was_decided(diverged: Played):
    feed, order = diverged("answer")
    assert order.erp_reference
    assert len(order.shipments) == len(order.invoices) == 1
    assert order.lines[0].shipped == order.lines[0].ordered
    assert order.releases == ()
    skipped, _ = diverged("skip")
    assert feed.played.divergences == skipped.played.divergences, "what differs first does not depend on what follows"


def test_only_the_diverged_order_is_treated_otherwise(working_hours: HistoryFile, diverged: Played):
    feed, order = diverged("answer")
    (plain,) = replay(working_hours.path).made
    answers = {case for case in plain.orders if plain.orders[case].answer != "" and case != order.id}
    rows = feed.alone.store.rows[ORDERS.number]
    shipped = {case for case in answers if isinstance(rows[case], Order) and rows[case].shipments}
    assert order.id not in shipped
    assert len(shipped) > 100, "recorded shipments of the others are taken as they came"


def test_another_word_for_it_is_refused(working_hours: HistoryFile):
    with pytest.raises(UsageError, match="after_divergence: expected skip or answer"):
        replay(working_hours.path, after_divergence="stop")  # type: ignore[arg-type]  # what a notebook may pass


def test_an_answer_that_stands_twice_is_a_repeat_and_an_event_that_went_out_twice_has_two(tmp_path: Path):
    """A design that checks nothing sends an event in each of two transactions: both are heard, a repeat is not."""
    settings = (
        "horizon=2h",
        "landscape.size.skus=5",
        "landscape.parties.middleware.service=2s",
        "designs.standard={workers: {count: 8}, shell: {isolation: unchecked}, gives_up: [S-2b]}",
        "demand.buys=always",
    )
    file = HistoryFile(recorded_in(tmp_path, settings))
    records = list(file)
    answers = [record for _, record in records if isinstance(record, Answer)]
    assert len(answers) > len({answer.request.id for answer in answers}), "some event went out twice"
    (plain,) = replay(file.path).made
    assert plain.played.divergences == []
    (version,) = versions(file.header, (), "verbatim")
    doubled = [each for pair in records for each in ([pair, pair] if isinstance(pair[1], Answer) else [pair])]
    feed = Feed(file.header, version.scenario, version.design, expected=Expected(doubled))
    played = feed.play([each for each in doubled if not isinstance(each[1], Closing)])
    assert played.divergences == []
    assert played.duplicates >= len(answers)
    assert played.decisions == plain.played.decisions


def test_the_money_of_an_order_that_left_the_recording_is_taken_for_what_was_shipped(tmp_path: Path):
    """Method: a buyer's order asks for two units more than was recorded; its tax too; plain partners ship it and take
    its price as far as it was promised.
    """
    settings = ("horizon=12h", "demand.orders_per_day=40", "items.count=10", "faults=[]")
    run_once(scenarios.load("payments", settings), "standard", 3, out=tmp_path, record=False, history=True)
    file = HistoryFile(tmp_path / HISTORY)
    records = list(file)
    place, submit = next(found for found in submitted(records) if found[1].particulars and found[1].particulars.paid)
    line, record = records[place]
    more = asking_for_more(record, 2)
    assert isinstance(more, Stimulus) and isinstance(more.message, SubmitOrder)
    said = msgspec.structs.replace(submit.particulars, tax=submit.particulars.tax + 2 * 380)
    more = msgspec.structs.replace(more, message=msgspec.structs.replace(more.message, particulars=said))
    edited = [*records[:place], (line, more), *records[place + 1 :]]
    (version,) = versions(file.header, (), "verbatim")
    header = completed(file.header, version, "verbatim")
    feed = Feed(header, version.scenario, version.design, expected=Expected(edited), after="answer")
    feed.play(edited)
    order = feed.alone.store.get(ORDERS, submit.case)
    assert isinstance(order, Order)
    assert order.shipments and order.money.state is Payment.CAPTURED
    assert order.money.captured == order.money.taking == order.money.authorised > 0
