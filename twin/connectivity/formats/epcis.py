"""Reads EPCIS events: documents 1.2 and 2.0 in XML, documents, query results and bare events 2.0 in JSON.

Whatever the form, a row has the names of the JSON binding: `type, eventID, eventTime, action, bizStep, disposition,
readPoint.id, bizLocation.id, epcList, quantityList, bizTransactionList, ...`. Three things are made plain: `bizStep`,
`disposition` and the types of transactions, sources and destinations are the bare words of the vocabulary, whether the
file writes word, URN, URI or CURIE; and `items` lists what the event is about, `item` and `quantity` by class: one for
each EPC of a class, and the quantity lists. The class of an EPC is its GTIN part; without one it stands for itself.

An event that lacks what the standard asks for is refused as `invalid_event`. Source: GS1 EPCIS 1.2 and 2.0, CBV 2.0.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from twin.connectivity.formats.nested import Walk, measured
from twin.connectivity.formats.xml import Part, parts
from twin.connectivity.paths import parse_path
from twin.connectivity.rows import Container, Limits, Row, Rows
from twin.errors import HistoryError, NoRows

TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
_LISTS = ("$.epcisBody.eventList[*]", "$.epcisBody.queryResults.resultsBody.eventList[*]", "$.eventList[*]")
_WORD = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt):|(?:https?://(?:ref\.gs1\.org|gs1\.org/voc)/(?:cbv/)?|cbv:|gs1:)"
    r"(?:BizStep|Disp|BTT|SDT)-)(.+)"
)
_EPC = re.compile(r"urn:epc:(?:id|class|idpat):(?:sgtin|lgtin|itip|cpi|upui):([^.:]+\.[^.:]+)(?:\..*)?")
_LINK = re.compile(r"https?://[^/]+(?:/.*)?/01/(\d{8,14})(?:/.*|\?.*)?")


def epcis_rows(container: Container, limits: Limits) -> Rows:
    """Read events, from XML or JSON as the file begins.

    Raises:
        HistoryError: while it is read: neither, no event in it, or a JSON document without `@context`.
    """
    first = next(container.blocks(), b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    return Rows(None, _xml(container, limits) if first.startswith(b"<") else _json(container, limits))


def _json(container: Container, limits: Limits) -> Iterator[Row]:
    number = 0
    for path in _LISTS:
        walk = Walk(container, limits)
        for place, value, _ in walk.to(parse_path(path)):
            number += 1
            yield _checked(measured(number, place, value, limits))
        if number:
            if "@context" not in walk.tops:
                raise HistoryError(f"{container.name}: is no EPCIS document: it has no @context")
            return
    for place, value, _ in Walk(container, limits).to(()):
        for event in value if isinstance(value, list) else [value]:
            if isinstance(event, dict) and event.get("type") in TYPES:
                number += 1
                yield _checked(measured(number, place, event, limits))
    if number == 0:
        raise NoRows(f"{container.name}: there is no EPCIS event in the file")


def _xml(container: Container, limits: Limits) -> Iterator[Row]:
    number = 0
    for part, _ in parts(container, frozenset((*TYPES, "QuantityEvent")), limits):
        number += 1
        yield (
            Row(number, part.place, None, "over_limit")
            if part.over
            else _checked(Row(number, part.place, _of_xml(part)))
        )
    if number == 0:
        raise NoRows(f"{container.name}: there is no EPCIS event in the file")


def _checked(row: Row) -> Row:
    """Return an event in its plain form, or refused."""
    value = row.value
    if value is None:
        return row
    if not _is_valid(value):
        return Row(row.number, row.place, None, "invalid_event")
    plain = dict(value)
    for name in ("bizStep", "disposition"):
        if isinstance(plain.get(name), str):
            plain[name] = word(str(plain[name]))
    for name in ("bizTransactionList", "sourceList", "destinationList"):
        if isinstance(plain.get(name), list):
            plain[name] = [
                {**each, "type": word(str(each["type"]))} if "type" in each else each for each in _tables(plain[name])
            ]
    plain["items"] = _items(plain)
    return Row(row.number, row.place, plain)


def _is_valid(event: dict[str, object]) -> bool:
    """Tell whether an event has what EPCIS 2.0 (section 7.4) asks for."""
    if event.get("type") not in (*TYPES, "QuantityEvent"):
        return False
    time, offset = event.get("eventTime"), event.get("eventTimeZoneOffset")
    try:
        if not isinstance(time, str) or datetime.fromisoformat(time).tzinfo is None:
            return False
    except ValueError:
        return False
    if not isinstance(offset, str) or not re.fullmatch(r"[+-]\d\d:\d\d", offset):
        return False
    if event["type"] not in ("TransformationEvent", "QuantityEvent"):
        if event.get("action") not in ("ADD", "OBSERVE", "DELETE"):
            return False
        if event["type"] == "TransactionEvent" and not event.get("bizTransactionList"):
            return False
    return all(_is_quantity(each) for name in _QUANTITIES for each in _tables(event.get(name)))


def _is_quantity(element: dict[str, object]) -> bool:
    """Tell whether a quantity element names a class, and a number if any; text is no number in JSON, digits are."""
    quantity = element.get("quantity")
    fraction = isinstance(quantity, str) and re.fullmatch(r"-?\d+\.\d+(?:[eE][+-]?\d+)?", quantity) is not None
    return bool(element.get("epcClass")) and (quantity is None or isinstance(quantity, int) or fraction)


_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def word(text: str) -> str:
    """Return the bare word of a vocabulary, and what is no word of it as it stands.

    >>> word("urn:epcglobal:cbv:bizstep:shipping"), word("https://ref.gs1.org/cbv/BizStep-shipping"), word("own")
    ('shipping', 'shipping', 'own')
    """
    found = _WORD.fullmatch(text.strip())
    return found[1] if found is not None else text.strip()


def class_of(epc: str) -> str:
    """Return the class part of an EPC, or the EPC where it has none.

    >>> class_of("urn:epc:id:sgtin:0614141.107346.2017"), class_of("https://id.gs1.org/01/09520123456788/21/7")
    ('0614141.107346', '09520123456788')
    >>> class_of("urn:epc:id:sscc:0614141.1234567890")
    'urn:epc:id:sscc:0614141.1234567890'
    """
    found = _EPC.fullmatch(epc.strip()) or _LINK.fullmatch(epc.strip())
    return found[1] if found is not None else epc.strip()


def _items(event: dict[str, object]) -> list[dict[str, object]]:
    counted: dict[tuple[str, str], str] = {}
    for name in ("epcList", "childEPCs", "outputEPCList"):
        listed = event.get(name)
        for epc in listed if isinstance(listed, list) else ():
            key = (class_of(str(epc)), "")
            counted[key] = str(int(counted.get(key, "0")) + 1)
    items: list[dict[str, object]] = [{"item": item, "quantity": count} for (item, _), count in counted.items()]
    for name in ("quantityList", "childQuantityList", "outputQuantityList"):
        for element in _tables(event.get(name)):
            quantity = element.get("quantity")
            items.append(
                {
                    "item": class_of(str(element.get("epcClass"))),
                    "quantity": None if quantity is None else str(quantity),
                    "uom": element.get("uom"),
                }
            )
    return items


def _tables(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _of_xml(part: Part) -> dict[str, object]:
    """Return an event of XML under the names of the JSON binding; extensions only wrap what belongs to the event."""
    found: dict[str, object] = {"type": part.tag}
    for child in _flat(part):
        if child.tag in ("epcList", "childEPCs", "inputEPCList", "outputEPCList"):
            found[child.tag] = [each.text for each in child.all("epc")]
        elif child.tag in _QUANTITIES:
            found[child.tag] = [_quantity(each) for each in child.all("quantityElement")]
        elif child.tag in ("bizTransactionList", "sourceList", "destinationList"):
            name = child.tag.removesuffix("List")
            found[child.tag] = [{**each.attributes, name: each.text} for each in child.all(name)]
        elif child.tag in ("readPoint", "bizLocation"):
            found[child.tag] = {"id": child.said("id")}
        else:
            found[child.tag] = child.value()
    return found


def _flat(part: Part) -> Iterator[Part]:
    for child in part.children:
        if child.tag in ("extension", "baseExtension"):
            yield from _flat(child)
        else:
            yield child


def _quantity(part: Part) -> dict[str, object]:
    said = part.said("quantity")
    quantity: object = said
    if said is not None and re.fullmatch(r"-?\d{1,15}", said):
        quantity = int(said)
    return {"epcClass": part.said("epcClass"), "quantity": quantity, "uom": part.said("uom")}
