"""Documents to trading partners in one world: made where an EDI gateway names them, and measured."""

from array import array
from typing import Final

from actors.channel import Channel
from actors.edi_documents import KINDS, Documents
from actors.ground import Ground
from actors.mailbox import Mailbox
from twin.world.laws import compiled
from twin.world.seller_specs import EdiGateway

DOCUMENT_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "documents_sent": ("count", "Documents to trading partners, each once, by kind (855, 856, 810)."),
    "documents_late": (
        "count",
        "Documents that arrived after their partner's clock had run out, or not at all, by kind.",
    ),
    "documents_resent": ("count", "Copies sent again because no 997 had come."),
    "documents_repeated": ("count", "Copies that a partner knew by their number."),
    "documents_dropped": (
        "count",
        "Documents that the middleware handed over again, known at the gateway by their number.",
    ),
    "documents_given_up": ("count", "Documents whose last copy got no 997 either."),
    "document_lag_s": ("s", "From the start of a partner's clock until he had read the document, by kind."),
    "chargeback_risk": ("money", "What partners may charge: late documents, each at the price of the gateway's block."),
}
"""Name to (unit, what it says); a run in which no gateway sends documents does not have them."""


class PartnerDocuments:
    """The documents of all EDI gateways of one world that send some."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.found: list[tuple[Documents, float]] = []
        """What sends them, and what a late one may cost there."""

    def of(self, channel: Channel, party: EdiGateway, mailbox: Mailbox) -> None:
        """Let a gateway send documents to the partners of its mailbox, if its block says so."""
        block, ground = party.documents, self.ground
        if block is None:
            return
        name = f"{channel.name}/documents"
        mailbox.documents = Documents(
            channel,
            partners=party.partners,
            translate=ground.lag(f"{name}/translate", compiled(party.translate)),
            transit=ground.lag(f"{name}/transit", compiled(block.transit)),
            acknowledge=ground.lag(f"{name}/acknowledge", compiled(party.acknowledge)),
            resend_after=block.resend_after,
            resends=block.resends,
            deadlines=dict(zip(KINDS, (block.answer, block.notice, block.invoice), strict=True)),
            strikes=mailbox.strikes_document,
        )
        self.found.append((mailbox.documents, float(block.chargeback.amount)))

    def restart(self) -> None:
        """The warm-up is over."""
        for documents, _ in self.found:
            for lags in documents.lags.values():
                del lags[:]

    def counts(self) -> dict[str, float]:
        """Return what is counted from the start over all gateways."""
        counts: dict[str, float] = {}
        now = self.ground.timeline.now
        for documents, price in self.found:
            late = documents.overdue(now)
            one: dict[str, float] = {f"documents_sent{{document={kind}}}": documents.sent[kind] for kind in KINDS}
            one |= {f"documents_late{{document={kind}}}": late[kind] for kind in KINDS}
            one["documents_resent"], one["documents_repeated"] = documents.resent, documents.repeats
            one["documents_dropped"] = documents.dropped
            one["documents_given_up"] = documents.given_up
            one["chargeback_risk"] = price * sum(late.values())
            counts |= {name: counts.get(name, 0) + value for name, value in one.items()}
        return counts

    def samples(self) -> "dict[str, array[int]]":
        """Return the lags by kind over all gateways."""
        if not self.found:
            return {}
        return {
            f"document_lag_s{{document={kind}}}": array("q", [lag for each, _ in self.found for lag in each.lags[kind]])
            for kind in KINDS
        }
