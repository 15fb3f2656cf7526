"""Rules per source at intake: what is missing, held, priced, taxed, routed and owed, through the procedures."""

from dataclasses import replace
from fractions import Fraction

import pytest

from actors.transactor import Direct, Store
from policies.pricing import Price, PriceBook, Pricing
from policies.promise_dates import PromiseDates
from policies.ruleset import ChannelTerms, RuleSet
from policies.sources import SOURCES, Account, Promise, SourceRules
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from policies.tax import Rate, Taxing
from twin.middleware.dispatch import dispatch
from twin.middleware.orders.header import header
from twin.middleware.procedures import standard
from twin.middleware.unit import CUSTOMERS, ITEMS, ORDERS, Outcome
from twin.model import events
from twin.model.calendar import EVERY_DAY, WorkDays
from twin.model.commands import (
    CancelOrder,
    CreditCopied,
    DeadlineDue,
    HoldReleased,
    OrderedLine,
    PaymentAuthorised,
    SubmitOrder,
)
from twin.model.instant import DAY, HOUR, Now
from twin.model.message import Event, Message
from twin.model.order import Header, HoldKind, LinePolicy, Order
from twin.model.particulars import Particulars
from twin.model.stock import ItemStock, Position

ITEM, SHOP = 5, 7
SAID = Particulars(
    customer=SHOP,
    reference="PO 9",
    channel_reference="A-1",
    ship_to="here",
    requested=1,
    paid=True,
    plan="p",
    period="q",
)
BOOK = PriceBook(listed={ITEM: (Price(((1, 100),)),)})
CONTRACT = Pricing(kind="CONTRACT", book=BOOK)


class House:
    """A store with stock at two sites under the rules of one source; messages are dispatched as a run does."""

    def __init__(self, source: SourceRules) -> None:
        self.rules = RuleSet(
            availability=ChannelAvailability(channels=(ChannelRule(),)),
            channels=(ChannelTerms(homes=((Site(0, 0, 0, 0), Site(1, 0, 1, 1)),), source=source),),
        )
        self.store = Store()
        self.store.rows[ITEMS.number][ITEM] = ItemStock(ITEM, (Position(100), Position(100)))
        self.told: list[Event] = []
        self.number = 0

    def say(self, message: Message, now: int = 0) -> Outcome:
        unit = Direct(self.store)
        outcome = dispatch(standard(), message, Now(now, now), self.rules, unit)
        unit.commit()
        self.told += unit.events
        return outcome

    def order(
        self, case: int = 77, *, quantity: int = 2, price: int = 100, said: Particulars = SAID, now: int = 0
    ) -> Outcome:
        self.number += 1
        lines = (OrderedLine(ITEM, quantity, price),)
        return self.say(
            SubmitOrder(
                id=self.number, case=case, channel=0, number=str(case), fingerprint=case, lines=lines, placed_at=now,
                particulars=said,
            ),
            now,
        )  # fmt: skip

    def at(self, case: int = 77) -> Order:
        order = self.store.get(ORDERS, case)
        assert order is not None
        return order

    def answers(self) -> list[str]:
        return [each.code for each in self.told if isinstance(each, events.OrderAnswered)]


def of(kind: str, **parts: object) -> SourceRules:
    pricing = Pricing() if SOURCES[kind].price == "SUBMITTED" else CONTRACT  # type: ignore[index]  # a Literal
    taxing = Taxing(kind=SOURCES[kind].tax)  # type: ignore[index]
    known = {SHOP: Account()}
    return replace(SourceRules(kind=kind, pricing=pricing, taxing=taxing, accounts=known), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(SOURCES))
def test_an_order_that_says_all_that_its_source_must_say_is_accepted(kind: str) -> None:
    house = House(of(kind))
    assert house.order() is Outcome.ACCEPTED and header(house.at()) is Header.ALLOCATED


@pytest.mark.parametrize(
    ("kind", "said", "errors"),
    [
        ("marketplace", Particulars(), "channel_reference is missing"),
        ("edi", Particulars(), "reference is missing; ship_to is missing; requested is missing"),
        ("b2b_portal", Particulars(), "customer is missing"),
        ("sales_rep", Particulars(), "customer is missing"),
        ("subscription", Particulars(customer=SHOP), "plan is missing; period is missing"),
    ],
)
def test_what_a_source_must_say_and_does_not_is_told_in_one_refusal(kind: str, said: Particulars, errors: str) -> None:
    house = House(of(kind))
    assert house.order(said=said) is Outcome.REJECTED
    assert header(house.at()) is Header.REJECTED and house.answers() == ["IR"]
    verdict = of(kind).judge(
        SubmitOrder(id=1, channel=0, number="1", fingerprint=1, lines=(), placed_at=0, particulars=said),
        None,
        Now(0, 0),
    )
    assert "; ".join(verdict.errors) == errors


def test_an_unpaid_storefront_order_waits_for_its_payment_and_goes_on_with_it() -> None:
    house = House(of("storefront"))
    assert house.order(said=Particulars(ship_to="here")) is Outcome.APPLIED
    assert header(house.at()) is Header.ON_HOLD and house.answers() == []
    house.say(PaymentAuthorised(id=9, case=77, amount=200))
    assert header(house.at()) is Header.ALLOCATED and house.answers() == ["IA"]


@pytest.mark.parametrize(
    ("kind", "said", "price", "hold"),
    [
        ("storefront", Particulars(paid=True), 100, "ADDRESS"),
        ("edi", Particulars(customer=8, reference="r", ship_to="s", requested=1), 100, "REFERENCE"),
        ("edi", SAID, 99, "PRICE"),
        ("sales_rep", SAID, 89, "APPROVAL"),
    ],
)
def test_what_a_person_must_decide_is_held_and_goes_on_when_it_is_released(
    kind: str, said: Particulars, price: int, hold: str
) -> None:
    rules = of(kind)
    if kind == "sales_rep":
        rules = replace(rules, pricing=replace(CONTRACT, discount_limit=Fraction(1, 10)))
    house = House(rules)
    house.order(said=said, price=price)
    assert [each.kind.value for each in house.at().holds] == [hold] and header(house.at()) is Header.ON_HOLD
    house.say(HoldReleased(id=9, case=77, kind=hold))
    assert header(house.at()) is Header.ALLOCATED


def test_the_same_lines_under_another_number_are_suspected_for_a_while_and_never_refused() -> None:
    house = House(of("edi"))
    house.order(77)
    assert house.order(78, now=24 * HOUR - 1) is Outcome.APPLIED
    assert [each.kind.value for each in house.at(78).holds] == ["SUSPECT"]
    assert house.order(79, now=48 * HOUR) is Outcome.ACCEPTED
    assert house.order(80, quantity=3, now=48 * HOUR) is Outcome.ACCEPTED


def test_a_price_beyond_the_tolerance_is_taken_at_ours_and_the_answer_says_so() -> None:
    house = House(of("edi", pricing=replace(CONTRACT, beyond="expected")))
    assert house.order(price=50) is Outcome.ACCEPTED
    assert house.at().lines[0].price == 100 and house.answers() == ["IP"]


def test_credit_counts_open_orders_and_bills_and_comes_back_with_a_cancellation() -> None:
    rates = {("", ""): (Rate(Fraction(1, 10), 0, DAY),)}
    rules = of("edi", accounts={SHOP: Account(credit_limit=1_000)}, taxing=Taxing(rates=rates))
    house = House(rules)
    assert house.order(77, quantity=4) is Outcome.ACCEPTED
    customer = house.store.get(CUSTOMERS, SHOP)
    assert customer is not None and (customer.open, house.at().tax) == (440, 40)
    assert house.order(78, quantity=5) is Outcome.ACCEPTED
    assert house.order(79, quantity=1) is Outcome.APPLIED
    assert [each.kind.value for each in house.at(79).holds] == ["CREDIT"]
    house.say(CancelOrder(id=90, case=79))
    house.say(CancelOrder(id=91, case=78))
    release = next(each for each in house.told if isinstance(each, events.CancelRelease))
    assert release.case == 78
    customer = house.store.get(CUSTOMERS, SHOP)
    assert customer is not None and customer.open == 440 + 550
    house.say(CreditCopied(id=92, customer=SHOP, receivable=600))
    assert house.order(80, quantity=3) is Outcome.APPLIED and house.at(80).holds


def test_a_customers_flags_narrow_the_route_and_are_kept_when_units_are_sought_again() -> None:
    account = Account(line_policy=LinePolicy.PARTIAL, sites=(1,))
    house = House(of("edi", accounts={SHOP: account}))
    assert house.order(quantity=130) is Outcome.ACCEPTED
    order = house.at()
    assert (order.policy, order.lines[0].allocated, order.lines[0].cancelled) == (LinePolicy.PARTIAL, 100, 30)
    assert {release.site for release in order.releases} == {1}


def test_a_deadline_raises_at_risk_before_it_and_late_at_it() -> None:
    dates = PromiseDates(ship_days=WorkDays(EVERY_DAY), cut_off_us=12 * HOUR)
    house = House(of("edi", promise=Promise(dates=dates, margin_us=2 * HOUR)))
    house.order()
    assert (house.at().ship_by, house.at().deliver_by) == (DAY, 2 * DAY)
    codes = []
    for now, outcome in ((22 * HOUR, Outcome.EXCEPTION), (DAY, Outcome.EXCEPTION)):
        (timer,) = [m for due, m in house.store.timers.values() if isinstance(m, DeadlineDue) and due == now]
        assert house.say(timer, now) is outcome
        codes = [each.code for each in house.told if isinstance(each, events.ExceptionOpened)]
    assert codes == ["AT_RISK", "LATE"]


def test_the_answer_to_a_held_order_has_a_deadline_too() -> None:
    """855 within four hours: at risk after two, late after four; an order that is answered at once has none."""
    house = House(of("edi", promise=Promise(acknowledge_us=4 * HOUR, margin_us=2 * HOUR)))
    house.order()
    assert not any(isinstance(m, DeadlineDue) for _, m in house.store.timers.values())
    stranger = House(of("edi", accounts={}, promise=Promise(acknowledge_us=4 * HOUR, margin_us=2 * HOUR)))
    stranger.order()
    assert header(stranger.at()) is Header.ON_HOLD
    for now in (2 * HOUR, 4 * HOUR):
        (timer,) = [m for due, m in stranger.store.timers.values() if isinstance(m, DeadlineDue) and due == now]
        assert stranger.say(timer, now) is Outcome.EXCEPTION
    told = [each for each in stranger.told if isinstance(each, events.ExceptionOpened)]
    assert [(each.code, each.detail[-9:]) for each in told][1:] == [("AT_RISK", "to answer"), ("LATE", "to answer")]


def test_an_order_whose_tax_nobody_knows_is_held_where_taxes_are_computed() -> None:
    rates = {("elsewhere", ""): (Rate(Fraction(1, 10), 0, DAY),)}
    taxed = House(of("storefront", taxing=Taxing(rates=rates)))
    taxed.order()
    assert [hold.kind for hold in taxed.at().holds] == [HoldKind.PRICE]


def test_an_order_that_says_nothing_beside_its_lines_is_asked_nothing() -> None:
    house = House(of("edi"))
    lines = (OrderedLine(ITEM, 2, 1),)
    plain = SubmitOrder(id=1, case=77, channel=0, number="1", fingerprint=1, lines=lines, placed_at=0)
    assert house.say(plain) is Outcome.ACCEPTED and house.at().lines[0].price == 1
