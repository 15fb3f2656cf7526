"""What a called party does with idempotency keys, as a block of it."""

from typing import Annotated, ClassVar, Literal

from policies import presets
from policies.key_contract import KeyContract
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Block, OneOf, PositiveDuration, sourced


class NoKeys(Block):
    """Every call that comes is worked on, whatever has come before; repeated work is counted."""

    kind: Literal["none"]


class Keys(PolicyBlock):
    """Answers are stored by key, which is the same in all attempts of one call."""

    makes: ClassVar[type] = KeyContract
    kind: Literal["keys"]
    retention: PositiveDuration | None = sourced("24h", "Stripe v1, Zuora, Checkout.com, PPRO; null: for ever")
    stores: Literal["everything", "no_refusals", "successes"] = sourced("everything", "the Idempotency-Key draft")
    in_flight: Literal["conflict", "process"] = sourced("conflict", "the Idempotency-Key draft: 409")
    mismatch: Literal["refuse", "replay"] = sourced("refuse", "the Idempotency-Key draft: 422")
    missing: Literal["process", "refuse"] = sourced("process", "rule: a call without a key is a call")
    lock: PositiveDuration | None = sourced(None, "rule: only the end of the first call frees its key")
    scope: Literal["account", "operation"] = sourced("account", "rule: one account, one set of keys")

    def contract(self) -> KeyContract:
        """Return the contract."""
        made = self.made()
        assert isinstance(made, KeyContract)
        return made


def contract_of(block: NoKeys | Keys) -> KeyContract | None:
    """Return the contract of a block, None where nothing is looked up."""
    return block.contract() if isinstance(block, Keys) else None


PartnerKeys = Annotated[NoKeys | Keys, OneOf("idempotency", presets=written_out(presets.IDEMPOTENCY, (Keys,)))]
