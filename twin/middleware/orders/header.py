"""What people see of an order, derived from its parts, and the sums that must hold in every one of them."""

from twin.model.order import Cancel, Header, Intake, Line, Order, Undo

_BY_INTAKE = {
    Intake.REJECTED: Header.REJECTED,
    Intake.CLOSED: Header.CLOSED,
    Intake.WITHDRAWN: Header.CANCELLED,
    Intake.RECEIVED: Header.RECEIVED,
    Intake.VALIDATED: Header.VALIDATED,
}


def header(order: Order) -> Header:
    """Return the state that people see: the first description that fits, worst news before good news."""
    if order.intake is not Intake.ACCEPTED:
        if order.holds and order.intake in (Intake.RECEIVED, Intake.VALIDATED):
            return Header.ON_HOLD
        return _BY_INTAKE[order.intake]
    if order.undo is not Undo.NONE:
        return Header.COMPENSATING
    if order.cancel is Cancel.PENDING:
        return Header.CANCELLING
    return _by_units(order.lines)


def remaining(order: Order) -> int:
    """Return n: the units that are still wanted, shipped or not."""
    total = 0
    for line in order.lines:
        total += line.ordered - line.cancelled
    return total


def ended(order: Order) -> bool:
    """Tell whether nothing of the order will ever be delivered: its header is REJECTED or CANCELLED."""
    if order.intake is Intake.REJECTED or order.intake is Intake.WITHDRAWN:
        return True
    return order.intake is Intake.ACCEPTED and header(order) is Header.CANCELLED


def off(order: Order) -> bool:
    """Tell whether the order was withdrawn, or accepted and every unit of it cancelled since, answered for or not."""
    if order.intake is not Intake.ACCEPTED:
        return order.intake is Intake.WITHDRAWN
    first = order.lines[0]
    return first.cancelled == first.ordered and not remaining(order)


def completion(order: Order) -> str:
    """Return how the order has been shipped, in the codes of X12 368: complete, or short and open or closed.

    CC all of it; BP a part, the rest is still to come; CP a part, the rest is off; IC cancelled whole; else "" (nothing
    has left yet).
    """
    shipped = sum(line.shipped for line in order.lines)
    wanted = remaining(order)
    if not wanted:
        return "IC"
    if not shipped:
        return ""
    if shipped < wanted:
        return "BP"
    return "CC" if wanted == sum(line.ordered for line in order.lines) else "CP"


def units(line: Line) -> str:
    """Return the sum that does not hold in this line, as a sentence; empty when all hold.

    Every unit ordered is in exactly one class, no class is negative, and nothing is invoiced or returned that was not
    shipped.
    """
    classes = line.pending + line.pledged + line.allocated + line.backordered + line.shipped + line.cancelled
    if classes != line.ordered:
        return f"line {line.number}: the classes hold {classes} of {line.ordered} units ordered"
    if min(line.pending, line.pledged, line.allocated, line.backordered, line.shipped, line.cancelled, line.over) < 0:
        return f"line {line.number}: a class is negative"
    if not 0 <= line.invoiced <= line.shipped:
        return f"line {line.number}: {line.invoiced} invoiced of {line.shipped} shipped"
    if not 0 <= line.returned <= line.shipped:
        return f"line {line.number}: {line.returned} returned of {line.shipped} shipped"
    return ""


def unsound(order: Order) -> str:
    """Return the first sum that does not hold in this order, as a sentence; empty when all hold.

    Beside the sums of each line: 0 <= cancelling <= released of each request, released <= allocated of each line,
    restocked <= disposed <= received <= quantity of each line of an RMA, and refunded <= captured.
    """
    for line in order.lines:
        if found := units(line):
            return found
    free = {line.number: line.allocated for line in order.lines} if order.releases else {}
    for release in order.releases:
        if not 0 <= release.cancelling <= release.quantity:
            return f"release {release.key}: {release.cancelling} of {release.quantity} units are being cancelled"
        free[release.line] = free.get(release.line, 0) - release.quantity
        if free[release.line] < 0:
            return f"line {release.line}: more is released than is allocated"
    for rma in order.returns:
        for each in rma.lines:
            if not 0 <= each.restocked <= each.disposed <= each.received <= each.quantity:
                return f"RMA {rma.number}: {each} does not add up"
    if not 0 <= order.money.refunded <= order.money.captured:
        return f"{order.money.refunded} refunded of {order.money.captured} captured"
    return ""


def _by_units(lines: tuple[Line, ...]) -> Header:
    wanted = shipped = invoiced = allocated = pledged = waiting = 0
    for line in lines:
        wanted += line.ordered - line.cancelled
        shipped += line.shipped
        invoiced += line.invoiced
        allocated += line.allocated
        pledged += line.pledged
        waiting += line.backordered
    if wanted == 0:
        return Header.CANCELLED
    if shipped == wanted:
        return Header.INVOICED if invoiced == wanted else Header.SHIPPED
    if shipped > 0:
        return Header.PARTIALLY_FULFILLED
    if allocated == wanted:
        return Header.ALLOCATED
    if waiting > 0 and allocated + pledged + waiting == wanted:
        return Header.BACKORDERED
    return Header.ACCEPTED
