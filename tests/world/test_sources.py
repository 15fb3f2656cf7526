"""What is said of where defaults come from: how well each stands, and that the profiles say the same."""

import re
from collections.abc import Mapping

import pytest

from scenarios.figures import PROFILES, Shipped, _profile
from twin.world.landscape import Wms
from twin.world.party_notes import LEAVES_OUT, party_blocks, party_rows
from twin.world.seller_specs import OrderDesk
from twin.world.sources import REQUIRED, WEAKEST_FIRST, basis_of, settings_of

ALL = [(kind, each) for kind, block in party_blocks().items() for each in settings_of(block)]
SOURCED = [(kind, each) for kind, each in ALL if each.source]


@pytest.mark.parametrize(
    ("source", "basis"),
    [
        ("landscape.yaml, ERP gate: cap of this service tier (third party)", "third party"),
        ("landscape.yaml, internal links: 30 s (published, Amazon SQS)", "published"),
        ("storefronts.yaml, items in one mutation (assumed where not published)", "assumed"),
        ("assumed: our own application; no published limit binds it", "assumed"),
        ("landscape.yaml, size: two shifts of 8 h; their hours are assumed", "assumed"),
        ("demand.yaml (derived; Brazil: shape, not level)", "derived"),
        ("rule: nobody else is asked, though it is published", "rule"),
        ("the defaults of webhook", "rule"),
        ("Envoy: times how often it was ejected", "published"),
    ],
)
def test_the_weakest_word_governs(source, basis):
    assert basis_of(source) == basis


def test_every_kind_says_what_it_leaves_out_and_no_other_does():
    assert LEAVES_OUT.keys() == party_blocks().keys()
    assert all(text.strip() for text in LEAVES_OUT.values())


def test_a_figure_of_the_profiles_says_how_well_it_stands():
    named = [(kind, each) for kind, each in SOURCED if re.match(r"\w+\.yaml", each.source)]
    assert len(named) > 60
    assert [(kind, each.path) for kind, each in named if basis_of(each.source) == "rule"] == []


STRENGTH = [*WEAKEST_FIRST]


def _stands(entry: Mapping[str, object]) -> str:
    return str(entry["basis"]).replace("_", " ")


def test_a_delay_that_the_profiles_name_stands_here_no_better_than_there():
    """That a party is as fast as the archetype is an assumption of its own, so it may stand worse (profiles, Words)."""
    surroundings, looked = Shipped("."), 0
    for kind, each in SOURCED:
        for key, file, entry_of in (
            ("archetype", "latency.yaml", surroundings.archetype),
            ("figure", "demand.yaml", surroundings.figure),
        ):
            if isinstance(each.default, Mapping) and key in each.default and each.source.startswith(file):
                entry = entry_of(str(each.default[key]))
                assert entry is not None, (kind, each.path)
                said, there = basis_of(each.source), _stands(entry)
                assert STRENGTH.index(said) <= STRENGTH.index(there), (kind, each.path, each.source)
                looked += 1
    assert looked > 20


def test_what_is_called_published_of_a_profile_is_published_there():
    """Of the files that list operations: some entry of the system that the source names is published, or partly."""
    looked = 0
    for kind, each in SOURCED:
        found = re.match(r"(\w+)\.yaml, ([^:(]+)", each.source)
        if found is None or found[1] not in PROFILES or basis_of(each.source) != "published":
            continue
        words = found[2].strip().casefold()
        entries = [
            entry for entry in _profile(found[1]) if words in f"{entry['system']} {entry['operation']}".casefold()
        ]
        assert {str(entry["basis"]) for entry in entries} & {"published", "mixed"}, (kind, each.path, each.source)
        looked += 1
    assert looked > 5


def test_a_default_that_a_block_above_states_is_not_counted_with_its_own_source():
    """The desk's stock interface is our own application: its rate is no marketplace's, though the block is one's."""
    rate = next(each for each in settings_of(OrderDesk) if each.path == "stock_api.rate")
    assert rate.above and basis_of(rate.source) == "published"
    desk = next(row for row in party_rows() if row["name"] == "b2b_portal")
    assert desk["published"] == 0 and desk["assumed"] == 2


def test_blocks_that_may_stand_somewhere_are_looked_into():
    paths = [each.path for each in settings_of(Wms)]
    assert {"sites", "sites.NAME.people", "waves.every", "transfers.short", "returns.sellable"} <= set(paths)
    assert next(each for each in settings_of(Wms) if each.path == "sites").default is REQUIRED
