"""No mixture of faults inside the partners' contracts breaks a promise of the middleware, and all of them are drawn."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hunt import hunted
from swarm import CRASHES, SLOTS, Swarm

SEEDS = 500
BLOCK = 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(1, SEEDS + 1, BLOCK))
def test_no_mixture_of_faults_breaks_a_promise(first):
    """Method: orders under drawn faults and policies, then a night and a shift in which all must come to an end."""
    verdicts = [hunted(seed) for seed in range(first, first + BLOCK)]
    assert [(verdict.seed, verdict.broken[0]) for verdict in verdicts if verdict.broken] == []


def test_the_seeds_draw_every_kind_every_slot_and_every_crash():
    """Method: the mixtures alone, nothing is run; a kind that no seed draws would never be hunted."""
    drawn = " ".join(" ".join(Swarm(seed).settings()) for seed in range(1, SEEDS + 1))
    kinds = set(re.findall(r"kind: ([A-Z]\d+)", drawn))
    assert kinds == set(Swarm(1).kinds())
    assert [slot for slot in SLOTS if slot not in drawn] == []
    assert [point for point in CRASHES if f"point: {point}" not in drawn] == []


def test_a_seed_draws_the_same_mixture_again_and_another_one_another():
    assert Swarm(7).settings() == Swarm(7).settings()
    assert Swarm(7).faults() != Swarm(8).faults()
