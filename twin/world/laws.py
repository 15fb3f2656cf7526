"""From a law as a scenario writes it to a law that the kernel draws from."""

from typing import assert_never

from twin.errors import UsageError
from twin.kernel import laws
from twin.world.law_specs import (
    Archetype,
    ChoiceLaw,
    ConstantLaw,
    EmpiricalLaw,
    ErlangLaw,
    ExponentialLaw,
    Figure,
    GammaLaw,
    GeometricLaw,
    LognormalLaw,
    NormalLaw,
    ParetoLaw,
    PoissonLaw,
    UniformLaw,
    WrittenLaw,
    ZipfLaw,
)

LawSpec = WrittenLaw | Archetype | Figure


def compiled(spec: LawSpec, *, ranks: int = 0) -> laws.Law:
    """Return the kernel's law for a spec, in the spec's own unit (seconds for delays).

    `ranks` is how many values a Zipf law chooses from. Raises UsageError for a law that has no meaning here.
    """
    law = spec.written_out if isinstance(spec, Archetype | Figure) else spec
    most = law.at_most
    match law:
        case ConstantLaw():
            return laws.Constant(law.value, at_most=most)
        case ExponentialLaw():
            return laws.Exponential(law.mean, at_most=most)
        case UniformLaw():
            return laws.Uniform(law.low, law.high, at_most=most)
        case NormalLaw():
            return laws.Normal(law.mean, law.sd, absolute=law.absolute, at_most=most)
        case LognormalLaw():
            return laws.Lognormal(law.p50, law.spread, at_most=most)
        case GammaLaw():
            return laws.Gamma(law.mean, law.cv, at_most=most)
        case ErlangLaw():
            return laws.Erlang(law.mean, law.k, at_most=most)
        case PoissonLaw():
            return laws.Poisson(law.mean, at_most=most)
        case GeometricLaw():
            return laws.Geometric(law.mean, at_most=most)
        case ParetoLaw():
            return laws.Pareto(law.scale, law.alpha, at_most=most)
        case ZipfLaw():
            return laws.Zipf(law.exponent, ranks, at_most=most)
        case ChoiceLaw():
            return laws.Choice(dict(law.values), at_most=most)
        case EmpiricalLaw():
            raise UsageError(f"law empirical of {law.file}: reading a column of a file does not exist yet")
        case _:
            assert_never(law)
