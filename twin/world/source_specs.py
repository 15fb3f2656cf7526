"""The terms of a channel: its accounts, the prices and taxes agreed with them, and what its buyers get wrong."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from policies.pricing import FOREVER, Price, PriceBook, Pricing
from policies.promise_dates import PromiseDates
from policies.sources import SOURCES, Account, Promise, SourceKind, SourceRules
from policies.tax import Rate, Taxing
from twin.errors import UsageError
from twin.model.ids import business_id
from twin.model.order import LinePolicy
from twin.world import costs
from twin.world.law_specs import Delay
from twin.world.promise_specs import ChannelPromise
from twin.world.values import Block, Count, Flag, Identifier, Money, Quantity, Share, rule, sourced

GOODS: Final = ""
"""The class of goods of every item: a scenario taxes them all alike."""


def _minor_units(price: Money) -> Money:
    if price.amount < 0 or (price.amount * 100) % 1:
        raise rule("must be an amount of whole minor units, not below 0")
    return price


Amount = Annotated[costs.Price, AfterValidator(_minor_units)]


class Break(Block):
    """A price that holds from a quantity on."""

    from_: Count = Field(alias="from")
    each: Amount


Breaks = Annotated[tuple[Break, ...], Field(min_length=1)]


class PriceTolerance(Block):
    """What may lie between a buyer's price and ours: the larger of both."""

    amount: Amount = sourced("0.00 EUR", "rule: not a cent unless it is said")
    share: Share = sourced("0%", "rule: none unless it is said")


class Prices(Block):
    """Prices for one base unit, by item (`other`: all that are not named); those of the accounts' group come first.

    Beyond the tolerance a contract order is held, or taken at the `expected` price. With a `discount_limit` a lower
    price is taken from whoever has an approver.
    """

    listed: Mapping[Identifier, Breaks] = Field(min_length=1)
    of_group: Mapping[Identifier, Breaks] = sourced({}, "rule: the list holds for all unless it is said")
    tolerance: PriceTolerance = sourced({}, "the defaults of tolerance")
    beyond: Literal["hold", "expected"] = sourced("hold", "DOMAIN 23: somebody looks at it")
    discount_limit: Share | None = sourced(None, "rule: nobody gives discounts unless it is said")


class Tax(Block):
    """The tax of the channel's orders: one rate, rounded half up per line or once per document."""

    rate: Share
    jurisdiction: Identifier
    per: Literal["line", "document"] = sourced("line", "rule: each line is rounded")
    tolerance: Quantity = sourced(1, "assumed: a cent between a checkout's rounding and ours")


class Accounts(Block):
    """The customers that the channel knows, all on the same terms; they narrow what the channel allows."""

    count: Count
    credit_limit: Amount | None = sourced(None, "rule: no limit unless it is said")
    line_policy: Literal["FILL_OR_KILL", "SHIP_COMPLETE", "PARTIAL", "BACKORDER"] | None = sourced(
        None, "rule: the design's"
    )
    sites: tuple[Identifier, ...] = sourced((), "rule: every site that serves the channel")
    needs_reference: Flag = sourced(False, "rule: only a trading partner has to give his order number")
    exempt: Share = sourced("0%", "rule: nobody has a certificate unless it is said")


class Buyers(Block):
    """What the channel's buyers get wrong, each in a share of their orders."""

    missing: Share = sourced("0%", "rule: they say what they must")
    stranger: Share = sourced("0%", "rule: they are known")
    price_off: Share = sourced("0%", "rule: they know our prices")
    price_off_by: Share = sourced("5%", "assumed: last year's price list")
    tax_off: Share = sourced("0%", "rule: the checkout knows our taxes")
    unpaid: Share = sourced("0%", "rule: they have paid when they order")
    paid_after: Delay = sourced("20m", "assumed: a payment that was not through at once takes minutes")
    never_paid: Share = sourced("10%", "assumed: of the unpaid orders one in ten is abandoned")


class Terms(Block):
    """What is agreed with the customers of a channel, and how well they keep to it."""

    accounts: Accounts | None = sourced(None, "rule: guests alone")
    prices: Prices
    tax: Tax
    buyers: Buyers = sourced({}, "the defaults of buyers")


def minor(amount: Money) -> int:
    """Return an amount in minor units of a currency with two of them."""
    return int(amount.amount * Decimal(100))


def account_ids(channel: str, terms: Terms) -> tuple[int, ...]:
    """Return the ids of a channel's accounts."""
    count = terms.accounts.count if terms.accounts is not None else 0
    return tuple([business_id(channel, "account", str(number)) for number in range(count)])


def source_of(
    kind: SourceKind,
    name: str,
    terms: Terms | None,
    promise: ChannelPromise | None,
    dates: PromiseDates | None,
    items: Mapping[str, int],
    sites: list[str],
) -> SourceRules:
    """Return the rules of a channel's orders: those of its kind of source, its deadlines and its terms.

    Raises UsageError for an item or a site that the terms name and the scenario does not have.
    """
    kept = Promise()
    if promise is not None:
        kept = Promise(dates=dates, acknowledge_us=promise.acknowledge or 0, margin_us=promise.warn)
    if terms is None:
        return SourceRules(kind=kind, promise=kept)
    return SourceRules(
        kind=kind,
        pricing=_pricing(kind, name, terms.prices, items),
        taxing=_taxing(kind, name, terms),
        accounts={id: _account(name, terms.accounts, sites) for id in account_ids(name, terms) if terms.accounts},
        goods=dict.fromkeys(items.values(), GOODS),
        promise=kept,
    )


def _pricing(kind: SourceKind, name: str, block: Prices, items: Mapping[str, int]) -> Pricing:
    return Pricing(
        kind=SOURCES[kind].price,
        book=PriceBook(
            listed=_by_item(name, block.listed, items),
            group={(name, item): prices for item, prices in _by_item(name, block.of_group, items).items()},
        ),
        absolute=minor(block.tolerance.amount),
        relative=Fraction(str(block.tolerance.share)),
        beyond=block.beyond,
        discount_limit=None if block.discount_limit is None else Fraction(str(block.discount_limit)),
    )


def _by_item(
    channel: str, book: Mapping[str, tuple[Break, ...]], items: Mapping[str, int]
) -> dict[int, tuple[Price, ...]]:
    unknown = [sku for sku in book if sku != "other" and sku not in items]
    if unknown:
        raise UsageError(f"channels.{channel}.terms.prices: no such item {unknown[0]!r} in this world")
    found: dict[int, tuple[Price, ...]] = {}
    for sku, item in items.items():
        breaks = book.get(sku, book.get("other"))
        if breaks is not None:
            steps = sorted((each.from_, minor(each.each)) for each in breaks)
            found[item] = (Price(tuple(steps)),)
    return found


def _taxing(kind: SourceKind, name: str, terms: Terms) -> Taxing:
    block, accounts = terms.tax, terms.accounts
    exempt = round(accounts.exempt * accounts.count) if accounts is not None else 0
    return Taxing(
        kind=SOURCES[kind].tax,
        rates={(block.jurisdiction, GOODS): (Rate(Fraction(str(block.rate)), 0, FOREVER),)},
        certificates={(id, block.jurisdiction): (0, FOREVER) for id in account_ids(name, terms)[:exempt]},
        per=block.per,
        tolerance=block.tolerance,
    )


def _account(name: str, block: Accounts, sites: list[str]) -> Account:
    for site in block.sites:
        if site not in sites:
            raise UsageError(f"channels.{name}.terms.accounts: no such site {site!r}; there are {', '.join(sites)}")
    return Account(
        group=name,
        credit_limit=None if block.credit_limit is None else minor(block.credit_limit),
        line_policy=None if block.line_policy is None else LinePolicy(block.line_policy),
        sites=tuple([sites.index(site) for site in block.sites]),
        needs_reference=block.needs_reference,
    )
