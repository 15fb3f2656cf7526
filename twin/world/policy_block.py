"""Blocks of a design that stand for a policy: the same parameters in the units of a scenario.

A block names the class it `makes`; its fields are that class's parameters, by the same name, or by the name less the
unit (`base` for `base_us`). So a policy can be read from a block, and a preset be written out as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import ClassVar, get_args

from policies.presets import Preset
from twin.world.values import Block


class PolicyBlock(Block):
    """A block that stands for a policy of the class `makes`."""

    makes: ClassVar[type]

    def made(self) -> object:
        """Return the policy."""
        return self.makes(**{name: getattr(self, key) for name, key in self._names().items()})

    @classmethod
    def written(cls, policy: object) -> dict[str, object]:
        """Return the mapping that stands for a policy in a file."""
        kind, *_ = get_args(cls.model_fields["kind"].annotation)
        stated = {key: getattr(policy, name) for name, key in cls._names().items()}
        block = cls.model_construct(**{"kind": kind} | stated)
        return block.model_dump(mode="json", by_alias=True)

    @classmethod
    def _names(cls) -> dict[str, str]:
        """Return the parameters of the policy that the block has, each with the block's name of it."""
        found = {}
        for field in fields(cls.makes):
            key = field.name if field.name in cls.model_fields else field.name.removesuffix("_us")
            if key in cls.model_fields:
                found[field.name] = key
        return found


def written_out(presets: Mapping[str, Preset], blocks: Iterable[type[PolicyBlock]]) -> dict[str, dict[str, object]]:
    """Return presets as mappings of a file, each under its name.

    A policy that has a `kind` is written by the block of that kind, any other one by the block that makes its class.
    """
    by_kind = {
        (block.makes, kind): block for block in blocks for kind in get_args(block.model_fields["kind"].annotation)
    }
    by_class = {block.makes: block for block in blocks}
    found = {}
    for name, preset in presets.items():
        policy = preset.policy
        block = by_kind.get((type(policy), getattr(policy, "kind", ""))) or by_class[type(policy)]
        found[name] = block.written(policy)
    return found
