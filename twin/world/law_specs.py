"""Laws as a scenario writes them: where a delay, a size or a count is drawn, which law it is drawn from.

A law is a value, a named archetype of latency.yaml, a named figure of demand.yaml, or a law with its parameters.
Amounts are plain numbers in the unit of the place where the law stands; an amount written as a duration (`6m`) is in
seconds. An archetype and a figure are looked up when the scenario is checked: `spec.written_out` is always a law with
parameters, with every factor applied. The world compiles that one into a law of the kernel.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from twin.world.values import (
    Block,
    Count,
    DataFile,
    Factor,
    Flag,
    Identifier,
    Later,
    OneOf,
    Surroundings,
    duration_text,
    duration_us,
    rule,
)


class Seconds(float):
    """An amount that was written as a duration, in seconds: it fits where a time is drawn, not where a count is."""

    __slots__ = ()


def _amount(value: object) -> float:
    if isinstance(value, Seconds):
        return value
    if isinstance(value, str):
        return Seconds(duration_us(value) / 1_000_000)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise rule("must be a number or a duration")
    if value < 0:
        raise rule("must not be negative")
    return float(value)


def _amount_text(value: float) -> str | float | int:
    if isinstance(value, Seconds):
        return duration_text(round(value * 1_000_000))
    return int(value) if value.is_integer() else value


def _positive(value: float) -> float:
    if value <= 0:
        raise rule("must be greater than 0")
    return value


_SCHEMA: Final = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}],
    "description": "a number or a duration",
}
Amount = Annotated[float, PlainValidator(_amount), PlainSerializer(_amount_text), WithJsonSchema(_SCHEMA)]
Positive = Annotated[
    float,
    PlainValidator(lambda value: _positive(_amount(value))),
    PlainSerializer(_amount_text),
    WithJsonSchema(_SCHEMA),
]


class _Law(Block):
    """What every law takes: `at_most` cuts a draw above it, in the unit of the law."""

    at_most: Positive | None = None
    drift: Later = None

    @property
    def written_out(self) -> "WrittenLaw":
        """The law itself, with its parameters."""
        return self  # type: ignore[return-value]  # the base is private: every subclass is a member of the union


class ConstantLaw(_Law):
    """Always the same value."""

    law: Literal["constant"] = "constant"
    value: Amount


class ExponentialLaw(_Law):
    """Exponential with this mean."""

    law: Literal["exponential"]
    mean: Positive


class UniformLaw(_Law):
    """Every value from `low` to `high` is as likely as any other."""

    law: Literal["uniform"]
    low: Amount
    high: Amount

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise rule(f"must not be below low (got {_amount_text(self.high)})", at="high", whole=True)
        return self


class NormalLaw(_Law):
    """Normal with mean and standard deviation; draws below 0 become 0, or their absolute value."""

    law: Literal["normal"]
    mean: Amount
    sd: Amount
    absolute: Flag = False


class LognormalLaw(_Law):
    """Lognormal by its median `p50` and either its 95 % quantile or the standard deviation of its logarithm."""

    law: Literal["lognormal"]
    p50: Positive
    p95: Positive | None = None
    sigma: Factor | None = None

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        if (self.p95 is None) == (self.sigma is None):
            raise rule("lognormal takes p50 and one of p95 and sigma", whole=True)
        if self.p95 is not None and self.p95 < self.p50:
            raise rule(f"must not be below p50 (got {_amount_text(self.p95)})", at="p95", whole=True)
        return self

    @property
    def spread(self) -> float:
        """The standard deviation of the logarithm, from `p95` where `sigma` is not given."""
        if self.sigma is not None:
            return self.sigma
        assert self.p95 is not None
        return math.log(self.p95 / self.p50) / _Z[95]


class GammaLaw(_Law):
    """Gamma by mean and coefficient of variation."""

    law: Literal["gamma"]
    mean: Positive
    cv: Factor


class ErlangLaw(_Law):
    """The sum of `k` equal exponential steps, with this mean in all."""

    law: Literal["erlang"]
    mean: Positive
    k: Count


class PoissonLaw(_Law):
    """Poisson count with this mean."""

    law: Literal["poisson"]
    mean: Positive


class GeometricLaw(_Law):
    """Geometric count from 1 upwards with this mean."""

    law: Literal["geometric"]
    mean: Positive

    @model_validator(mode="after")
    def _from_one(self) -> Self:
        if self.mean < 1:
            raise rule(f"must be at least 1 (got {_amount_text(self.mean)})", at="mean", whole=True)
        return self


class ParetoLaw(_Law):
    """Pareto: never below `scale`, with tail index `alpha`."""

    law: Literal["pareto"]
    scale: Positive
    alpha: Factor


class ZipfLaw(_Law):
    """Rank r with probability in proportion to r to the power of minus `exponent`; the ranks come from the place."""

    law: Literal["zipf"]
    exponent: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]


class ChoiceLaw(_Law):
    """One of `values`, each with its weight; the weights need no particular sum."""

    law: Literal["choice"]
    values: Mapping[Amount, Factor] = Field(min_length=1)


class EmpiricalLaw(_Law):
    """The values of one numeric column of a file, each as likely as any other."""

    law: Literal["empirical"]
    file: DataFile
    column: Identifier


WrittenLaw = (
    ConstantLaw
    | ExponentialLaw
    | UniformLaw
    | NormalLaw
    | LognormalLaw
    | GammaLaw
    | ErlangLaw
    | PoissonLaw
    | GeometricLaw
    | ParetoLaw
    | ZipfLaw
    | ChoiceLaw
    | EmpiricalLaw
)
"""A law with its parameters: what the world compiles."""


class _Named(Block):
    """A law that the profiles hold under a name."""

    p50_factor: Factor = 1.0
    at_most: Positive | None = None
    drift: Later = None
    _written_out: WrittenLaw | None = PrivateAttr(None)

    @property
    def looked_up(self) -> WrittenLaw | None:
        """The law itself, or None where the scenario was made without profiles at hand."""
        return self._written_out

    @property
    def written_out(self) -> WrittenLaw:
        """The law itself, with its parameters and every factor applied.

        Raises:
            ValueError: the scenario was made without profiles at hand.
        """
        if self._written_out is None:
            raise ValueError(f"{self!r} was read without profiles at hand; load it through `scenarios.load`")
        return self._written_out


class Archetype(_Named):
    """A latency template of latency.yaml; `p50_factor` multiplies all of its quantiles."""

    archetype: Identifier

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None:
            entry = surroundings.archetype(self.archetype)
            if entry is None:
                near = surroundings.near("archetype", self.archetype)
                raise rule(f"no such archetype {self.archetype!r}{near}", at="archetype", whole=True)
            self._written_out = _of_archetype(entry, self.p50_factor, self.at_most)
        return self


class Figure(_Named):
    """A figure of demand.yaml; two of its quantiles make a lognormal, a single value a constant."""

    figure: Identifier

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None:
            entry = surroundings.figure(self.figure)
            if entry is None:
                near = surroundings.near("figure", self.figure)
                raise rule(f"no such figure {self.figure!r}{near}", at="figure", whole=True)
            self._written_out = _of_figure(self.figure, entry, self.p50_factor, self.at_most)
        return self


def _of_archetype(entry: Mapping[str, object], factor: float, at_most: float | None) -> WrittenLaw:
    """Write an entry of latency.yaml out: lognormal by p50 and sigma, gamma by shape and scale; milliseconds inside."""
    ceiling = entry.get("ceiling_ms")
    cut = at_most if at_most is not None else None if ceiling is None else Seconds(_number(ceiling) / 1_000)
    if entry["distribution"] == "gamma":
        shape = _number(entry["shape"])
        mean = Seconds(shape * _number(entry["scale_ms"]) * factor / 1_000)
        return GammaLaw(law="gamma", mean=mean, cv=1 / math.sqrt(shape), at_most=cut)
    p50 = Seconds(_number(entry["p50_ms"]) * factor / 1_000)
    return LognormalLaw(law="lognormal", p50=p50, sigma=_number(entry["sigma"]), at_most=cut)


_Z: Final = {50: 0.0, 90: 1.2815515655446004, 95: 1.6448536269514722, 99: 2.3263478740408408}
_SECONDS_IN: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


def _of_figure(name: str, entry: Mapping[str, object], factor: float, at_most: float | None) -> WrittenLaw:
    """Write an entry of demand.yaml out.

    A stated lognormal is taken as it stands; else the median and the 95 % quantile are used, or the two outermost of
    p50, p90, p95 and p99 that are given; `low` and `high` make a uniform law; one number is a constant, or an exponent
    where the unit says so.
    """
    value, unit = entry.get("value"), str(entry.get("unit", "")).split(" ", 1)[0].rstrip(",")
    scale = _SECONDS_IN.get(unit)

    def amount(number: object) -> float:
        return _number(number) * factor if scale is None else Seconds(_number(number) * factor * scale)

    if isinstance(value, Mapping) and "exponent" in value:
        value, unit = value["exponent"], "exponent"
    if isinstance(value, int | float):
        if unit == "exponent":
            return ZipfLaw(law="zipf", exponent=float(value))
        return ConstantLaw(value=amount(value), at_most=at_most)
    if isinstance(value, Mapping):
        if "lognormal_mu" in value:
            p50, sigma = math.exp(_number(value["lognormal_mu"])), _number(value["lognormal_sigma"])
            cut = at_most if at_most is not None else amount(value["max"]) if "max" in value else None
            return LognormalLaw(law="lognormal", p50=amount(p50), sigma=sigma, at_most=cut)
        given = [level for level in _Z if f"p{level}" in value]
        if len(given) >= 2:
            low, high = (50, 95) if 50 in given and 95 in given else (given[0], given[-1])
            at_low, at_high = _number(value[f"p{low}"]), _number(value[f"p{high}"])
            sigma = math.log(at_high / at_low) / (_Z[high] - _Z[low])
            p50 = at_low * math.exp(-sigma * _Z[low])
            return LognormalLaw(law="lognormal", p50=amount(p50), sigma=sigma, at_most=at_most)
        if "low" in value and "high" in value:
            return UniformLaw(law="uniform", low=amount(value["low"]), high=amount(value["high"]), at_most=at_most)
    raise rule(f"figure {name!r} is no law: it has neither one value nor two quantiles", at="figure", whole=True)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise rule(f"a profile holds {value!r} where a number belongs", whole=True)
    return float(value)


def _constant(value: object) -> object:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return {"law": "constant", "value": value}
    return value


LawSpec = Annotated[
    WrittenLaw | Archetype | Figure,
    OneOf(
        "law", key="law", marks=("archetype", "figure"), short=_constant, short_schema={"type": ["number", "string"]}
    ),
]
"""Any law; use `Delay` or `CountLaw`, which also check the unit."""


def _amounts(law: WrittenLaw) -> list[float]:
    if isinstance(law, ChoiceLaw):
        return list(law.values)
    names = ("value", "mean", "low", "high", "sd", "p50", "p95", "scale", "at_most")
    return [amount for name in names if isinstance(amount := getattr(law, name, None), float)]


def _no_time(spec: WrittenLaw | Archetype | Figure) -> WrittenLaw | Archetype | Figure:
    if isinstance(spec, Archetype):
        raise rule("an archetype is a delay, and a count belongs here", whole=True)
    law = spec.looked_up if isinstance(spec, Figure) else spec
    if law is not None and any(isinstance(amount, Seconds) for amount in _amounts(law)):
        raise rule("must be a count, not a duration", whole=True)
    return spec


def _timed(spec: WrittenLaw | Archetype | Figure) -> WrittenLaw | Archetype | Figure:
    law = spec.looked_up if isinstance(spec, Figure) else None
    if isinstance(spec, Figure) and law is not None and not any(isinstance(a, Seconds) for a in _amounts(law)):
        raise rule(f"figure {spec.figure!r} is no length of time", at="figure", whole=True)
    return spec


Delay = Annotated[LawSpec, AfterValidator(_timed)]
"""A law of lengths of time; its amounts are seconds."""

CountLaw = Annotated[LawSpec, AfterValidator(_no_time)]
"""A law of counts and sizes; its amounts are plain numbers, which the world rounds half up."""
