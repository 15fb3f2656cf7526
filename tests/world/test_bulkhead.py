"""L-3 and L-6: a partner that is dead holds up nobody who does not wait for it, and what it left behind drains."""

import pytest

from tests.world.fault_cases import AWAKE, HASTY, Case, tried

WAITS_FOR = {
    "erp": ("middleware/erp",),
    "wms": ("middleware/wms", "wms/", "middleware/erp"),
    "storefront": ("middleware/storefront",),
    "carrier_a": ("wms/", "middleware/erp"),
}
"""Beginnings of the links whose work is caused by a partner's: postings by shipments, labels by picks."""
LESS_AT_MOST = 0.05
"""e of RELIABILITY 2.6."""


def ended(*faults):
    """Return how many calls of each link have ended, and the world."""
    world, _ = tried(Case(("horizon=2h",)), *faults)
    return {each.name: each.started - each.under_way - len(each.backlog) for each in world.clients}, world


@pytest.mark.parametrize("partner", WAITS_FOR)
def test_a_dead_partner_holds_up_nobody_else(partner):
    """Aim: L-3. Method: the day with the partner hanging for good and without; calls that ended, link by link."""
    alive, _ = ended()
    dead, world = ended(f"{{name: gone, kind: E3, target: {partner}, trigger: {{at: 10m}}, end: permanent}}")
    others = [link for link in alive if not link.startswith(WAITS_FOR[partner])]
    assert len(others) >= 4
    assert [link for link in others if dead[link] < (1 - LESS_AT_MOST) * alive[link]] == []
    assert world.invariants.counts == {}


def test_what_an_outage_left_in_the_queues_drains_once_the_partner_is_back():
    """Aim: L-6. Method: hasty retries fill the queues in half an hour; people who are there redrive item by item."""
    down = "{name: down, kind: E1, target: erp, trigger: {at: 10m}, duration: 30m}"
    world, _ = tried(Case((*AWAKE, *HASTY, "horizon=12h", "demand.orders_per_day=1000")), down)
    items = world.watch.dead.maximum
    assert items > 5
    assert world.watch.dead.value == 0
    assert world.invariants.counts == {}
