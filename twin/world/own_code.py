"""A user's own policy in a slot of a design, or party in a landscape: a class of his, or an object put in place.

`use: "module:Class"` names what is called with `parameters:` by keyword; nothing is imported unless the caller allows
the module. What comes back is a policy with the method that its slot asks for, or a production object that has an
adapter: a tenacity `Retrying`, an interlock-cb `CircuitBreaker`, a pyrate-limiter bucket. Objects that keep their own
state are made anew for each client and called side, so in Python a function that makes them is put in place; one that
takes `clock` gets one that shows simulated time. A party is made anew for each run, since it may keep what it likes.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import is_dataclass
from functools import partial
from typing import Annotated, ClassVar, Self, TypeGuard

from pydantic import AfterValidator, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from actors.adapters.interlock_breaker import CircuitBreaker, InterlockBreaker, SimulatedClock
from actors.adapters.pyrate_limit import Bucket, PyrateLimit
from actors.adapters.tenacity_retry import TenacityRetry
from actors.own import Runs, Serves
from policies.breaker import Breaker
from policies.budget import Budget
from policies.hedge import Hedging
from policies.in_flight import InFlight
from policies.retry import RetryRule
from policies.throttle import Throttle
from twin.world.values import Block, Identifier, Surroundings, rule, sourced

OBJECTS = (RetryRule, Budget, Breaker, Throttle, InFlight, Hedging, Runs, Serves)
"""What a slot, or a party, may ask for."""


def _named(use: str) -> str:
    module, colon, name = use.partition(":")
    if not colon or not name.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise rule('must name a module and a class, such as "desk:OurBreaker"')
    return use


class OwnCode(Block):
    """What a user calls; `_make` makes one object of it."""

    use: Annotated[Identifier, AfterValidator(_named)]
    parameters: Mapping[Identifier, object] = sourced({}, "rule: called without parameters")
    _make: Callable[..., object] | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None and self._make is None:
            found = surroundings.own(self.use)
            if isinstance(found, str):
                raise rule(found, at="use", whole=True)
            self._make = partial(found, **self.parameters)
            self._try()
        return self

    @classmethod
    def standing_for(cls, thing: object) -> object:
        """Return the block that stands for an object put in place, or for what makes one; anything else as it is."""
        if not is_own(thing):
            return thing
        block = cls.model_construct(use=name_of(thing), parameters={})
        block._make = thing if _makes(thing) else partial(_itself, thing)
        block._try()
        return block

    @property
    def make(self) -> Callable[..., object]:
        """What makes one object.

        Raises:
            ValueError: the scenario was made without its folder at hand.
        """
        if self._make is None:
            raise ValueError(f"{self.use} was read without code at hand; load it through `scenarios.load`")
        return self._make

    def policy(self) -> object:
        """Return the policy that the slot asks for."""
        raise NotImplementedError

    def _try(self) -> None:
        """Make one, so that what does not fit shows before anything runs."""
        try:
            self.policy()
        except PydanticCustomError:
            raise
        except (TypeError, ValueError) as error:
            raise rule(f"{self.use} cannot be called so: {error}", at="parameters", whole=True) from error

    def _made_anew(self) -> None:
        """Refuse an object that keeps its own state: each client and called side needs one of its own."""
        if isinstance(self._make, partial) and self._make.func is _itself:
            told = f"{self.use} keeps its own state; put a function in its place that makes one"
            raise rule(told, at="use", whole=True)

    def _refused(self, thing: object, wanted: str) -> PydanticCustomError:
        return rule(f"{self.use} gave a {type(thing).__name__}, which is no {wanted}", at="use", whole=True)


def is_own(thing: object) -> bool:
    """Tell whether a value is the user's code: a policy, a party, a production object, or what makes one.

    A bucket of pyrate-limiter is the only one of them that has no method of ours and cannot be called.
    """
    return isinstance(thing, OBJECTS) or callable(thing) or hasattr(thing, "leak")


def name_of(thing: object) -> str:
    """Return the module and the name of a user's object or function, the same in every process."""
    if isinstance(thing, partial):
        return name_of(thing.func)
    named = thing if _makes(thing) else type(thing)
    return f"{named.__module__}:{getattr(named, '__qualname__', 'made')}"


def shown(value: object) -> str:
    """Return how a setting is written down: what a user's object says of itself may differ from process to process."""
    return name_of(value) if is_own(value) and not is_dataclass(value) else str(value)


def _makes(thing: object) -> TypeGuard[Callable[..., object]]:
    return inspect.isroutine(thing) or isinstance(thing, type | partial)


def _itself(thing: object) -> object:
    return thing


class OwnRetry(OwnCode):
    """A retry rule of the user: an object with `attempts` and `delay(failed)`, or a tenacity `Retrying`."""

    def policy(self) -> RetryRule:
        """Return what the slot asks for."""
        return self.rule()

    def rule(self) -> RetryRule:
        """Return the rule."""
        thing = self.make()
        if isinstance(thing, RetryRule):
            return thing
        if all(callable(getattr(thing, name, None)) for name in ("wait", "stop", "retry")):
            return TenacityRetry(thing)  # type: ignore[arg-type]  # it has what the adapter calls
        raise self._refused(thing, "retry rule")


class OwnBudget(OwnCode):
    """A budget of the user: an object with `initial()` and `step(state, event)`."""

    def policy(self) -> Budget:
        """Return what the slot asks for."""
        return self.budget()

    def budget(self) -> Budget:
        """Return the budget."""
        thing = self.make()
        if isinstance(thing, Budget):
            return thing
        raise self._refused(thing, "budget")


class OwnBreaker(OwnCode):
    """A breaker of the user: an object with `initial()` and `step(state, event)`, or an interlock-cb breaker."""

    def policy(self) -> Breaker:
        """Return what the slot asks for."""
        return self.breaker()

    def breaker(self) -> Breaker:
        """Return the breaker."""
        thing = self._one(SimulatedClock())
        if isinstance(thing, Breaker):
            return thing
        if hasattr(thing, "__enter__") and hasattr(thing, "state"):
            self._made_anew()
            return InterlockBreaker(self._guard)
        raise self._refused(thing, "breaker")

    def _one(self, clock: SimulatedClock) -> object:
        """Make one object; it is handed the clock if it takes one."""
        function = self.make.func if isinstance(self.make, partial) else self.make
        return self.make(clock=clock) if "clock" in inspect.signature(function).parameters else self.make()

    def _guard(self, clock: SimulatedClock) -> CircuitBreaker:
        return self._one(clock)  # type: ignore[return-value]  # the first one was looked at


class OwnLimiter(OwnCode):
    """A limiter of the user: an object with `initial()` and `admit(state, now, cost)`, or a pyrate-limiter bucket."""

    def policy(self) -> Throttle:
        """Return what the slot asks for."""
        return self.limiter()

    def limiter(self) -> Throttle:
        """Return the limiter."""
        thing = self.make()
        if isinstance(thing, Throttle):
            return thing
        if all(callable(getattr(thing, name, None)) for name in ("put", "waiting", "leak")):
            self._made_anew()
            return PyrateLimit(self._bucket)
        raise self._refused(thing, "limiter")

    def _bucket(self) -> Bucket:
        return self.make()  # type: ignore[return-value]  # the first one was looked at


class OwnConcurrency(OwnCode):
    """A limit of the user on attempts under way: an object with `initial()`, `admit` and `ended`."""

    def policy(self) -> InFlight:
        """Return what the slot asks for."""
        return self.in_flight()

    def in_flight(self) -> InFlight:
        """Return the limit."""
        thing = self.make()
        if isinstance(thing, InFlight):
            return thing
        raise self._refused(thing, "limit on attempts under way")


class OwnHedge(OwnCode):
    """A hedge of the user: an object with `next_copy(sent)`."""

    def policy(self) -> Hedging:
        """Return what the slot asks for."""
        return self.hedge()

    def hedge(self) -> Hedging:
        """Return the rule."""
        thing = self.make()
        if isinstance(thing, Hedging):
            return thing
        raise self._refused(thing, "hedge")


class OwnParty(OwnCode):
    """A party of the user: an object with `run(here)`, a process of SimPy, or with `serve(here, asked)`."""

    kind: ClassVar[str] = "own"

    def policy(self) -> Runs | Serves:
        """Return what the place asks for."""
        return self.actor()

    def actor(self) -> Runs | Serves:
        """Return a new party; an object that was put in place is copied."""
        thing = deepcopy(self.make())
        if isinstance(thing, Runs | Serves):
            return thing
        raise self._refused(thing, "party: it has neither run(here) nor serve(here, asked)")

    @property
    def serves(self) -> bool:
        """Whether it can be called."""
        return isinstance(self.actor(), Serves)

    @property
    def runs(self) -> bool:
        """Whether it does something by itself."""
        return isinstance(self.actor(), Runs)
