"""Makes the facts of the business that rows tell, from their parts."""

from collections.abc import Callable, Mapping

from twin.connectivity.cells import Bad, Part, Raw, Reading, Row, Scalar
from twin.connectivity.mapping import EventRule, LinesRule
from twin.model import business

Values = Mapping[str, Scalar | None]
"""The single parts of an event by their names; those of the address as `ship_to.country`."""


class LineMaker:
    """Makes lines of a document: of the one row that is a line, or of the elements of a list."""

    def __init__(self, rule: LinesRule, reading: Reading, *, flat: bool) -> None:
        self._item = Part(rule.item, reading, flat=flat)
        self._quantity = Part(rule.quantity, reading, flat=flat)
        self._price = Part(rule.price, reading, flat=flat) if rule.price is not None else None
        self._site = Part(rule.site, reading, flat=flat) if rule.site is not None else None
        self._by = [reading.column(column, flat=flat) for column in rule.by]

    def of_row(self, row: Row) -> business.OrderedItem:
        """Return the line that a row is."""
        return self._line(row, [])

    def of_elements(self, row: Row, elements: list[Raw]) -> tuple[business.OrderedItem, ...]:
        """Return the lines of a list, elements that agree in `by` as one."""
        if not self._by:
            return tuple([self._line(row, [element]) for element in elements])
        gathered: dict[tuple[object, ...], list[Raw]] = {}
        for element in elements:
            gathered.setdefault(tuple([read(element) for read in self._by]), []).append(element)
        return tuple([self._line(row, alike) for alike in gathered.values()])

    def _line(self, row: Row, elements: list[Raw]) -> business.OrderedItem:
        quantity = self._quantity(row, elements)
        if not isinstance(quantity, int):
            raise Bad("missing_value")
        if quantity <= 0:
            raise Bad("bad_quantity")
        price = self._price(row, elements) if self._price is not None else None
        site = self._site(row, elements) if self._site is not None else None
        return business.OrderedItem(
            _text(self._item(row, elements)),
            quantity,
            price if isinstance(price, int) else None,
            "" if site is None else str(site),
        )


def merged(
    lines: list[business.OrderedItem], how: str, note: Callable[[str], None]
) -> tuple[business.OrderedItem, ...]:
    """Return the lines of a document after what is done with those that repeat an item: `keep`, `sum` or `drop`."""
    found: dict[tuple[str, str], list[business.OrderedItem]] = {}
    for line in lines:
        same = found.setdefault((line.item, line.site), [])
        if same:
            note("lines that repeat an item of their document")
        if not same or how == "keep":
            same.append(line)
        elif how == "sum":
            first = same[0]
            same[0] = business.OrderedItem(first.item, first.quantity + line.quantity, first.price, first.site)
        elif line not in same:
            same.append(line)
    if how == "keep":
        return tuple(lines)
    return tuple([line for same in found.values() for line in same])


def fact_of(rule: EventRule, values: Values, lines: tuple[business.OrderedItem, ...]) -> business.Business:
    """Return the fact that the parts of an event make; raise `Bad` where one that it must have is absent."""
    match rule.type:
        case "OrderPlaced":
            promised = values.get("promised")
            address = {
                name.removeprefix("ship_to."): str(value)
                for name, value in values.items()
                if name.startswith("ship_to.") and value is not None
            }
            return business.OrderPlaced(
                order=_text(values.get("order")),
                lines=_some(lines),
                channel=_said(values, "channel"),
                customer=_said(values, "customer") or None,
                ship_to=address or None,
                promised=promised if isinstance(promised, int) else None,
            )
        case "OrderCancelled":
            return business.OrderCancelled(order=_text(values.get("order")))
        case "OrderStep":
            step, line = _text(values.get("step")), _said(values, "line")
            return business.OrderStep(order=_text(values.get("order")), step=step, line=line)
        case "PaymentCaptured":
            amount = values.get("amount")
            return business.PaymentCaptured(
                order=_text(values.get("order")), amount=amount if isinstance(amount, int) else None
            )
        case "ShipmentHandedOver":
            return business.ShipmentHandedOver(order=_text(values.get("order")), place=_said(values, "place"))
        case "ShipmentDelivered":
            return business.ShipmentDelivered(order=_text(values.get("order")))
        case "ReturnRegistered":
            return business.ReturnRegistered(
                document=_text(values.get("document")),
                lines=_some(lines),
                order=_said(values, "order"),
                customer=_said(values, "customer") or None,
            )
        case "StockAdjusted":
            change = _whole(values.get("change"))
            if change == 0:
                raise Bad("bad_quantity")
            return business.StockAdjusted(
                item=_text(values.get("item")),
                place=_said(values, "place"),
                change=change,
                reason=_said(values, "reason"),
            )
        case "StockReceived":
            quantity = _whole(values.get("quantity"))
            if quantity <= 0:
                raise Bad("bad_quantity")
            return business.StockReceived(
                item=_text(values.get("item")),
                place=_said(values, "place"),
                quantity=quantity,
                purchase=_said(values, "purchase"),
            )
        case "StockCounted":
            counted = _whole(values.get("counted"))
            return business.StockCounted(item=_text(values.get("item")), place=_said(values, "place"), counted=counted)
        case "SupplyOrdered":
            return business.SupplyOrdered(
                purchase=_text(values.get("purchase")), lines=_some(lines), place=_said(values, "place")
            )
    raise AssertionError(f"no event {rule.type!r}")


def _text(value: Scalar | None) -> str:
    if value is None:
        raise Bad("missing_value")
    return str(value)


def _said(values: Values, name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)


def _whole(value: Scalar | None) -> int:
    if not isinstance(value, int):
        raise Bad("missing_value")
    return value


def _some(lines: tuple[business.OrderedItem, ...]) -> tuple[business.OrderedItem, ...]:
    if not lines:
        raise Bad("no_lines")
    return lines
