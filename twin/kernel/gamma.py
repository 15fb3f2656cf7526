"""Gamma values, probabilities and quantiles of scale 1: what gamma laws need and the standard library lacks."""

import math
from statistics import NormalDist
from typing import Final

from twin.model.chance import draw, unit

ITERATIONS_MAX: Final = 100_000
"""Terms of a series or a fraction; a shape of 10^8 needs some 60,000. At the bound the value so far is returned."""
PRODUCT_SHAPE_MAX: Final = 8
"""Whole gamma shapes up to this one are sums of exponentials; above it rejection is cheaper."""
TRIES_MAX: Final = 64
"""Tries of the gamma rejection, each kept with 95 % or more; after the last one the mode stands in (5e-84 of draws)."""
_SMALL: Final = 1e-300
_STANDARD: Final = NormalDist()


def lower(shape: float, x: float) -> float:
    """Return P(X <= x) for a gamma law of this shape and scale 1, to about 14 digits: series below, fraction above."""
    if x <= 0.0:
        return 0.0
    if x == math.inf:
        return 1.0
    weight = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    return weight * _series(shape, x) if x < shape + 1.0 else 1.0 - weight * _fraction(shape, x)


def _series(shape: float, x: float) -> float:
    term = total = 1.0 / shape
    for n in range(1, ITERATIONS_MAX):
        term *= x / (shape + n)
        total += term
        if term < total * 1e-17:
            break
    return total


def _fraction(shape: float, x: float) -> float:
    """The continued fraction of the upper tail, by Lentz's method (Numerical Recipes, section 6.2)."""
    b = x + 1.0 - shape
    c, d = 1.0 / _SMALL, 1.0 / b
    total = d
    for n in range(1, ITERATIONS_MAX):
        a = -n * (n - shape)
        b += 2.0
        d = 1.0 / (a * d + b or _SMALL)
        c = b + a / c or _SMALL
        total *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return total


def inverse(shape: float, p: float) -> float:
    """Return the x with `lower(shape, x) == p`, to 1e-12 of its size: bracket, then bisect."""
    low = high = shape
    while lower(shape, high) < p:
        low, high = high, high * 2.0
    while lower(shape, low) > p and low > _SMALL:
        low, high = low / 2.0, low
    while high - low > 1e-13 * high:
        middle = (low + high) / 2.0
        if lower(shape, middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def value_at(shape: float, bits: int) -> float:
    """Return the gamma value that 64 random bits draw; further bits are derived from them. Not monotone in the bits."""
    if shape <= PRODUCT_SHAPE_MAX and shape.is_integer():
        return _sum_of_exponentials(int(shape), bits)
    if shape > 1.0:
        return _by_rejection(shape, bits)
    return _by_rejection(shape + 1.0, bits) * math.pow(unit(draw(bits, 0)), 1.0 / shape)


def _sum_of_exponentials(count: int, bits: int) -> float:
    product = unit(bits)
    for n in range(1, count):
        product *= unit(draw(bits, n))
    return -math.log(product)


def _by_rejection(shape: float, bits: int) -> float:
    """A gamma value of shape above 1 (Marsaglia and Tsang, A simple method for generating gamma variables, 2000)."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for n in range(1, 2 * TRIES_MAX, 2):
        x = _STANDARD.inv_cdf(unit(draw(bits, n)))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(unit(draw(bits, n + 1))) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v
    return shape - 1.0
