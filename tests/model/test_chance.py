"""Keyed draws are pure, well mixed, independent over their keys, and the same in every process."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.errors import UsageError
from twin.model.chance import Keyed, bits, draw, root, stream_id, threshold, uniform, unit

SEED = 20_261_130
LATENCY = stream_id("latency")


def many(stream: str, count: int, attempt: int = 0) -> np.ndarray:
    return np.array([uniform(SEED, stream_id(stream), i, attempt) for i in range(count)])


def test_a_draw_is_a_function_of_its_four_keys_alone() -> None:
    first = bits(SEED, LATENCY, 42, 1)
    many("others", 100)
    assert bits(SEED, LATENCY, 42, 1) == first == draw(root(SEED, LATENCY), 42, 1)
    keys = [(SEED, LATENCY, 42, 1), (SEED + 1, LATENCY, 42, 1), (SEED, LATENCY + 1, 42, 1), (SEED, LATENCY, 43, 1)]
    assert len({bits(*key) for key in [*keys, (SEED, LATENCY, 42, 2)]}) == 5


def test_the_values_are_pinned_so_that_recorded_runs_stay_valid() -> None:
    assert stream_id("latency") == 0xE0F0531E31FD4A81
    assert (bits(1, 2, 3, 0), bits(1, 2, 3, 1)) == (15179663732849904868, 4194219224081701686)
    assert bits(7, LATENCY, 2**63 - 1, 5) == 11908879527635671752


def test_another_process_with_another_hash_seed_draws_the_same() -> None:
    code = "from twin.model.chance import bits, stream_id; print(bits(7, stream_id('coin'), 99, 2))"
    drawn = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        for seed in ("1", "2")
    ]
    assert drawn[0].stdout == drawn[1].stdout == f"{bits(7, stream_id('coin'), 99, 2)}\n"


def test_draws_of_consecutive_identities_are_uniform() -> None:
    assert stats.kstest(many("latency", 20_000), "uniform").pvalue > 1e-4
    low = np.array([bits(SEED, LATENCY, i) & 0xFFFF for i in range(20_000)]) / 65_536
    assert stats.kstest(low, "uniform").pvalue > 1e-4


def test_streams_attempts_and_neighbours_are_uncorrelated() -> None:
    """Six sequences that differ in one key each: every pair's correlation is within 4.5 standard errors of 0."""
    rows = [many("latency", 20_000), many("coin", 20_000), many("latency", 20_000, 1), many("latency", 20_000, 2)]
    other_seed = np.array([uniform(SEED + 1, LATENCY, i) for i in range(20_000)])
    for a, b in combinations([*rows, other_seed, np.roll(rows[0], 1)], 2):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / np.sqrt(20_000)


def test_pairs_of_coins_fill_the_square_evenly() -> None:
    """Chi-square over 16 x 16 cells of (draw of i, draw of i + 1): 20,000 pairs, once in 10,000 seeds by chance."""
    u = many("latency", 20_000)
    cells = np.histogram2d(u, np.roll(u, 1), bins=16, range=[[0, 1], [0, 1]])[0].ravel()
    assert stats.chisquare(cells).pvalue > 1e-4


@pytest.mark.parametrize("bit", [0, 1, 7, 31, 47, 62])
def test_one_input_bit_flips_half_of_the_output(bit: int) -> None:
    base = root(SEED, LATENCY)
    flips = [draw(base, i) ^ draw(base, i ^ (1 << bit)) for i in range(2_000)]
    share = np.array([[(f >> s) & 1 for s in range(64)] for f in flips]).mean(axis=0)
    assert np.abs(share - 0.5).max() < 5 * 0.5 / np.sqrt(2_000)


def test_unit_never_reaches_its_ends() -> None:
    assert 0.0 < unit(0) < unit(2**64 - 1) < 1.0


def test_a_coin_falls_with_its_share() -> None:
    limit = threshold(0.01)
    hits = sum((bits(SEED, LATENCY, i) & 0xFFFF_FFFF) < limit for i in range(50_000))
    assert stats.binomtest(hits, 50_000, 0.01).pvalue > 1e-4
    assert (threshold(0.0), threshold(1.0)) == (0, 2**32)
    with pytest.raises(UsageError, match=r"between 0 and 1 \(got 1.5\)"):
        threshold(1.5)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**63 - 1), st.integers(0, 1_000))
def test_what_is_drawn_in_one_call_is_drawn_from_the_same_bits(root: int, identity: int, attempt: int) -> None:
    assert Keyed(root, hex).of(identity, attempt) == hex(draw(root, identity, attempt))
