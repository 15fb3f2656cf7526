"""The block of documents that an EDI gateway sends its partners: clocks, ways and what a fault may cost."""

from twin.world.costs import Price
from twin.world.law_specs import Delay
from twin.world.values import Block, Count, PositiveDuration, sourced


class Documents(Block):
    """Answers (855), ship notices (856) and invoices (810) as documents of their own, each answered by a 997.

    `answer`, `notice` and `invoice` are the partners' clocks, until the document is there: from their order, from the
    departure of the truck, and from the same departure. `chargeback` is what a late one may cost; its sum is a risk,
    since nobody publishes how often partners charge.
    """

    answer: PositiveDuration = sourced("24h", "edi.yaml, X12 855: 86,400 s, Amazon vendor terms (published)")
    notice: PositiveDuration = sourced("1h", "edi.yaml, X12 856: 3,600 s; it must beat the truck (assumed)")
    invoice: PositiveDuration = sourced("24h", "edi.yaml, X12 810: 86,400 s, the same day (assumed)")
    transit: Delay = sourced({"archetype": "van_transit"}, "latency.yaml, van_transit (assumed)")
    resend_after: PositiveDuration = sourced("24h", "edi.yaml, X12 997: 86,400 s (assumed)")
    resends: Count = sourced(5, "edi.yaml, OpenAS2: resend_max_retries (published)")
    chargeback: Price = sourced(
        "200.00 USD", "edi.yaml, X12 856: 200 to 1,500 dollars a fault are quoted (third party); the low end"
    )
