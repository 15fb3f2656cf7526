"""Every kind of policy that a scenario can choose by name, with what it is, read from the blocks themselves."""

from collections.abc import Iterator
from typing import Final, NamedTuple, get_args

from policies.deadline import Deadline
from twin.world.breaker_specs import Breaker
from twin.world.budget_specs import Budget
from twin.world.calling import Shed
from twin.world.concurrency_specs import Concurrency
from twin.world.ejection_specs import Ejection
from twin.world.hedge_specs import Hedge
from twin.world.key_specs import PartnerKeys
from twin.world.limiter_specs import Limiter
from twin.world.partner_limits import ALGORITHMS, PartnerLimit
from twin.world.retry_specs import Retry
from twin.world.values import Block, OneOf

SLOTS: Final = {
    "retry": Retry,
    "budget": Budget,
    "breaker": Breaker,
    "limiter": Limiter,
    "concurrency": Concurrency,
    "hedge": Hedge,
    "limit": PartnerLimit,
    "idempotency": PartnerKeys,
    "ejects": Ejection,
}
"""What takes a policy: slots of a design, then keys of a called party."""
KEYS: Final = {"deadline": Deadline, "sheds": Shed}
"""Policies of one kind, which a file states by their key alone."""


class Kind(NamedTuple):
    """One kind of one slot."""

    name: str
    slot: str
    text: str
    """What it is, after the key by which it is chosen."""
    key: str
    block: type[Block] | None
    """Its settings; None where the key alone is the policy."""


def policy_kinds() -> Iterator[Kind]:
    """Yield every kind in the order in which a file may name it; `none` and a user's own class are no kinds."""
    for slot, annotated in SLOTS.items():
        union, choice = get_args(annotated)
        assert isinstance(choice, OneOf)
        for name, block in choice.tags(union).items():
            if name == "none" or name in choice.marks:
                continue
            text = ALGORITHMS[name] if slot == "limit" else (block.__doc__ or "").partition("\n")[0]
            yield Kind(name, slot, f"{choice.key}: {text}", choice.key, block)
    for name, policy in KEYS.items():
        yield Kind(name, name, f"key: {(policy.__doc__ or '').partition(chr(10))[0]}", name, None)
