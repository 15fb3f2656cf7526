"""Claims about kits."""

import pytest

from policies.kits import Kits, Part
from twin.errors import UsageError

KITS = Kits({9: (Part(1, 2), Part(2, 1))})


@pytest.mark.vector("V81", rule="6", code="policies.kits.Kits.available", scenario="packs_and_kits")
def test_v81_a_kit_is_as_available_as_its_scarcest_part() -> None:
    """V81, computed: kit = 2 a + 1 b; free a 7, b 5."""
    assert KITS.available(9, {1: 7, 2: 5}) == 3


@pytest.mark.vector("V81", rule="6", code="policies.kits.Kits.available", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("free", "kits"),
    [((0, 5), 0), ((1, 5), 0), ((2, 5), 1), ((7, 0), 0), ((10**15 + 1, 10**15), 5 * 10**14), ((9, 4), 4)],
)
def test_v81_further_kits(free: tuple[int, int], kits: int) -> None:
    assert KITS.available(9, {1: free[0], 2: free[1]}) == kits


def test_a_component_that_is_short_or_unknown_makes_no_kit() -> None:
    assert KITS.available(9, {1: -4, 2: 5}) == 0
    assert KITS.available(9, {1: 7}) == 0


def test_a_kit_needs_components_that_are_no_kits() -> None:
    with pytest.raises(UsageError, match="needs components of at least one unit"):
        Kits({9: ()})
    with pytest.raises(UsageError, match="holds 9, which is a kit"):
        Kits({9: (Part(1, 1),), 10: (Part(9, 1),)})
    with pytest.raises(UsageError, match="none can bear its price"):
        Kits({9: (Part(1, 2),)})
