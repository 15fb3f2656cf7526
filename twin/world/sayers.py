"""From a channel's terms to its buyers."""

from fractions import Fraction

from actors.buyers import Mistakes, Sayer
from actors.ground import Ground
from policies.sources import SourceRules
from twin.world.laws import compiled
from twin.world.source_specs import Terms, account_ids


def sayer_of(ground: Ground, name: str, terms: Terms, rules: SourceRules) -> Sayer:
    """Return the buyers of a channel; each mistake has a coin of its own."""
    buyers = terms.buyers
    mistakes = Mistakes(
        missing=ground.coin(f"{name}/missing", buyers.missing),
        stranger=ground.coin(f"{name}/stranger", buyers.stranger),
        price_off=ground.coin(f"{name}/price_off", buyers.price_off),
        tax_off=ground.coin(f"{name}/tax_off", buyers.tax_off),
        unpaid=ground.coin(f"{name}/unpaid", buyers.unpaid),
        never_paid=ground.coin(f"{name}/never_paid", buyers.never_paid),
        off=Fraction(str(buyers.price_off_by)),
    )
    paid_after = ground.lag(f"{name}/paid_after", compiled(buyers.paid_after))
    return Sayer(ground, name, rules, account_ids(name, terms), terms.tax.jurisdiction, mistakes, paid_after)
