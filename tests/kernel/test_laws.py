"""Laws draw what they say: distribution, mean, quantiles and cuts, against SciPy and closed forms."""

import math
import pickle

import numpy as np
import pytest
from scipy import stats

from twin.errors import UsageError
from twin.kernel.laws import (
    Choice,
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Geometric,
    Law,
    Lognormal,
    Normal,
    Pareto,
    Poisson,
    Uniform,
    Zipf,
    delay,
    keyed_delay,
)
from twin.model.chance import draw, root, stream_id

ROOT = root(20_261_130, stream_id("laws"))
COUNT = 20_000

CONTINUOUS = {
    "exponential": (Exponential(2.5), stats.expon(scale=2.5)),
    "uniform": (Uniform(1, 4), stats.uniform(1, 3)),
    "normal": (Normal(50, 8), stats.norm(50, 8)),
    "absolute normal": (Normal(3, 4, absolute=True), stats.foldnorm(0.75, scale=4)),
    "lognormal": (Lognormal(1.2, 0.8155), stats.lognorm(0.8155, scale=1.2)),
    "gamma of shape 4": (Gamma(360, 0.5), stats.gamma(4, scale=90)),
    "gamma of shape 12": (Gamma(12, 12**-0.5), stats.gamma(12)),
    "gamma of shape 2.37": (Gamma(5, 2.37**-0.5), stats.gamma(2.37, scale=5 / 2.37)),
    "gamma of shape 0.4": (Gamma(5, 0.4**-0.5), stats.gamma(0.4, scale=12.5)),
    "erlang": (Erlang(6, 3), stats.gamma(3, scale=2)),
    "pareto": (Pareto(2, 3.5), stats.pareto(3.5, scale=2)),
}
COUNTED = {
    "poisson of 2": (Poisson(2), stats.poisson(2)),
    "poisson of 300": (Poisson(300), stats.poisson(300)),
    "geometric": (Geometric(3.2), stats.geom(1 / 3.2)),
    "zipf": (Zipf(0.95, 500), stats.zipfian(0.95, 500)),
    "choice": (Choice({1: 2, 5: 1, 2: 1}), stats.rv_discrete(values=([1, 2, 5], [0.5, 0.25, 0.25]))),
    "empirical": (Empirical([4, 1, 1, 9]), stats.rv_discrete(values=([1, 4, 9], [0.5, 0.25, 0.25]))),
}
PROBABILITIES = (1e-6, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999999)


def drawn(law: Law) -> np.ndarray:
    return np.array([law.at(draw(ROOT, i)) for i in range(COUNT)])


@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_follow_the_law(name: str) -> None:
    """Kolmogorov-Smirnov on 20,000 keyed draws; a right law fails one fixed seed in 10,000."""
    law, reference = CONTINUOUS[name]
    assert stats.kstest(drawn(law), reference.cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", COUNTED)
def test_counts_follow_the_law(name: str) -> None:
    """Chi-square over the values expected at least 20 times, the rest in one cell."""
    law, reference = COUNTED[name]
    values, seen = np.unique(drawn(law), return_counts=True)
    expected = COUNT * reference.pmf(values)
    common = expected >= 20
    observed = np.append(seen[common], seen[~common].sum())
    wanted = np.append(expected[common], COUNT - expected[common].sum())
    keep = wanted > 1e-6
    assert stats.chisquare(observed[keep], wanted[keep] * observed[keep].sum() / wanted[keep].sum()).pvalue > 1e-4


@pytest.mark.parametrize("name", [*CONTINUOUS, *COUNTED])
def test_means_and_quantiles_are_exact(name: str) -> None:
    law, reference = {**CONTINUOUS, **COUNTED}[name]
    assert law.mean == pytest.approx(reference.mean(), rel=1e-9)
    for p in PROBABILITIES:
        assert law.quantile(p) == pytest.approx(reference.ppf(p), rel=1e-9)


CUT = {
    "exponential": (Exponential(2.5, at_most=3), stats.expon(scale=2.5), 3),
    "uniform": (Uniform(1, 4, at_most=2.5), stats.uniform(1, 3), 2.5),
    "normal": (Normal(5, 8, at_most=11), stats.norm(5, 8), 11),
    "absolute normal": (Normal(3, 4, absolute=True, at_most=5), stats.foldnorm(0.75, scale=4), 5),
    "lognormal": (Lognormal(1.2, 0.8155, at_most=6), stats.lognorm(0.8155, scale=1.2), 6),
    "gamma": (Gamma(5, 0.65, at_most=7), stats.gamma(0.65**-2, scale=5 * 0.65**2), 7),
    "erlang": (Erlang(6, 3, at_most=7), stats.gamma(3, scale=2), 7),
    "pareto": (Pareto(2, 0.8, at_most=30), stats.pareto(0.8, scale=2), 30),
    "pareto of index 1": (Pareto(2, 1, at_most=30), stats.pareto(1, scale=2), 30),
    "geometric": (Geometric(3.2, at_most=4.5), stats.geom(1 / 3.2), 4.5),
    "poisson": (Poisson(2, at_most=3), stats.poisson(2), 3),
    "zipf": (Zipf(1, 100, at_most=20), stats.zipfian(1, 100), 20),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_bounds_every_draw_and_the_mean_accounts_for_it(name: str) -> None:
    """The mean of min(X, cut) is the area under P(X > x) from 0 to the cut, summed on a fine grid."""
    law, reference, cut = CUT[name]
    values = drawn(law)
    assert values.max() == cut == law.quantile(1 - 1e-12)
    steps = 400_000
    grid = (np.arange(steps) + 0.5) * cut / steps
    assert law.mean == pytest.approx(reference.sf(grid).sum() * cut / steps, rel=2e-5)
    assert abs(values.mean() - law.mean) < 4.5 * values.std() / math.sqrt(COUNT)


def test_a_lognormal_goes_through_any_two_quantiles() -> None:
    for low, high in ((0.5, 0.95), (0.5, 0.99), (0.9, 0.99), (0.5, 0.9)):
        law = Lognormal.of_quantiles({low: 3.0, high: 11.0})
        assert law.quantile(low) == pytest.approx(3.0, rel=1e-12)
        assert law.quantile(high) == pytest.approx(11.0, rel=1e-12)


def test_laws_of_one_kind_move_together() -> None:
    slow, fast = Lognormal(2.4, 0.8), Lognormal(1.2, 0.8)
    assert all(slow.at(draw(ROOT, i)) == pytest.approx(2 * fast.at(draw(ROOT, i))) for i in range(100))


def test_laws_without_spread_are_constants() -> None:
    for law in (Constant(3), Lognormal(3, 0), Normal(3, 0), Uniform(3, 3), Choice({3: 1}), Empirical([3])):
        assert law.at(draw(ROOT, 1)) == law.at(draw(ROOT, 2)) == pytest.approx(3.0, rel=1e-15)
        assert law.mean == pytest.approx(3.0, rel=1e-12) == law.quantile(0.3)
    assert Poisson(0).at(draw(ROOT, 1)) == 0.0 == Poisson(0).mean
    assert Geometric(1).at(draw(ROOT, 1)) == 1.0


def test_a_delay_is_whole_microseconds_rounded_half_up() -> None:
    assert delay(Constant(0.0000005))(draw(ROOT, 1)) == 1
    assert delay(Constant(0.00000049))(draw(ROOT, 1)) == 0
    assert delay(Constant(1.5))(0) == 1_500_000
    law = Lognormal(1.2, 0.8)
    compiled = pickle.loads(pickle.dumps(delay(law)))
    for i in range(100):
        assert compiled(draw(ROOT, i)) == math.floor(law.at(draw(ROOT, i)) * 1_000_000 + 0.5)


@pytest.mark.parametrize(
    "law", [Lognormal(1.2, 0.8), Lognormal(1.2, 0.8, at_most=2.0), Exponential(0.3), Constant(1.5)]
)
def test_a_keyed_delay_is_the_delay_of_the_keyed_draw(law: Law) -> None:
    keyed = pickle.loads(pickle.dumps(keyed_delay(ROOT, law)))
    for i in range(300):
        assert keyed(i * 7919, i % 4) == delay(law)(draw(ROOT, i * 7919, i % 4))


def test_a_zipf_pick_is_an_index_below_its_count() -> None:
    law = Zipf(0.95, 7)
    picks = [law.pick(draw(ROOT, i)) for i in range(1_000)]
    assert set(picks) == set(range(7))
    assert all(law.at(draw(ROOT, i)) == pick + 1 for i, pick in enumerate(picks))
    assert law.pick(0) == 0
    assert law.pick(2**64 - 1) == 6


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Exponential(0), r"mean of a law must be above 0 \(got 0\)"),
        (lambda: Lognormal(-1, 1), r"p50 of a law must be above 0 \(got -1\)"),
        (lambda: Lognormal.of_quantiles({0.5: 4, 0.95: 3}), "in the order of their shares"),
        (lambda: Uniform(3, 2), "in order"),
        (lambda: Geometric(0.5), "at least 1"),
        (lambda: Zipf(1, 0), "count of a law must be 1 to"),
        (lambda: Choice({1: 0}), "sum of weights"),
        (lambda: Empirical([]), "number of values"),
        (lambda: Constant(math.nan), "value of a law"),
        (lambda: Constant(1, at_most=-1), "at_most"),
    ],
)
def test_a_law_that_makes_no_sense_is_refused_with_the_value(make: object, sentence: str) -> None:
    assert callable(make)
    with pytest.raises(UsageError, match=sentence):
        make()
