"""What failures cost: a price for each measure of harm, in one currency, and their sum.

No public source gives these prices for distributors in general, so every default is an assumption and says so; a firm
puts in its own. They are in British pounds, the currency of the shipped demand. A price of a measure that a run does
not have counts nothing.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from twin.world.values import Block, Money, money, rule, sourced

Price = Annotated[
    Money,
    PlainValidator(lambda value: value if isinstance(value, Money) else money(value)),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "description": 'an amount and a currency: "12.50 GBP"'}),
]
MEASURE_OF: Final[Mapping[str, str]] = {
    "oversold_unit": "oversold_units",
    "oversold_order": "oversold_orders",
    "lost_sales_unit": "lost_sales_units",
    "late_order": "late_orders",
    "ack_deadline_missed": "ack_deadline_missed",
    "duplicate_erp_order": "duplicate_erp_orders",
    "duplicate_shipment": "duplicate_shipments",
    "lost_order": "lost_orders",
    "manual_touch": "manual_touches",
    "channel_call": "channel_calls",
    "operator_hour": "operator_hours",
    "extra_worker_hour": "extra_worker_hours",
    "extra_labour_hour": "extra_labour_hours",
}
"""The measure that each price multiplies."""


class Costs(Block):
    """Prices of harm, each for one unit of its measure."""

    use: Literal["default"] = sourced("default", "the table of this block")
    oversold_unit: Price = sourced("2.50 GBP", "assumed: the margin of one piece, given back as goodwill")
    oversold_order: Price = sourced("8.00 GBP", "assumed: a quarter of an hour of customer service and a refund")
    lost_sales_unit: Price = sourced("1.20 GBP", "assumed: the margin of one piece of a gift wholesaler")
    late_order: Price = sourced("5.00 GBP", "assumed: an enquiry for every second late order")
    ack_deadline_missed: Price = sourced("20.00 GBP", "assumed: a charge-back of a trading partner")
    duplicate_erp_order: Price = sourced("30.00 GBP", "assumed: an hour of order desk to find and cancel it")
    duplicate_shipment: Price = sourced("60.00 GBP", "assumed: goods and freight of a second parcel, half recovered")
    lost_order: Price = sourced("40.00 GBP", "assumed: the margin of an order and the customer's patience")
    manual_touch: Price = sourced("6.50 GBP", "assumed: twelve minutes of an operator")
    channel_call: Price = sourced("0.0004 GBP", "assumed: computing, traffic and the share of an interface's fee")
    operator_hour: Price = sourced("0.00 GBP", "rule: priced by the touch; set one of the two")
    extra_labour_hour: Price = sourced("18.00 GBP", "assumed: an hour of a picker with half as much again for overtime")
    extra_worker_hour: Price = sourced("0.10 GBP", "assumed: a small machine of a cloud, by the hour")

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        currencies = dict.fromkeys(price.currency for price in self.prices().values())
        if len(currencies) > 1:
            raise rule(
                f"prices must be in one currency; set all that you keep (got {', '.join(currencies)})", whole=True
            )
        return self

    def prices(self) -> dict[str, Money]:
        """Return the prices by their names."""
        return {name: getattr(self, name) for name in MEASURE_OF}

    @property
    def currency(self) -> str:
        """The one currency of all prices."""
        return self.oversold_unit.currency

    def parts(self, kpis: Mapping[str, float | None]) -> dict[str, float]:
        """Return what each measure of a run cost; measures without a value are left out."""
        return {
            measure: float(Decimal(str(value)) * price.amount)
            for name, price in self.prices().items()
            if (value := kpis.get(measure := MEASURE_OF[name])) is not None
        }

    def total(self, kpis: Mapping[str, float | None]) -> float:
        """Return what a run cost, all parts together."""
        return float(sum((Decimal(str(part)) for part in self.parts(kpis).values()), Decimal(0)))
