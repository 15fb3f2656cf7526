"""The same procedures in real time, on real stores."""

from twin.live.clock import Clock, RecordedClock
from twin.live.deployment import Deployment
from twin.live.effects import EffectReader, read_effects
from twin.live.process import LiveProcess
from twin.live.relay import relay
from twin.live.sqlite import SqliteStore
from twin.live.start import Terms, serve, store_at
from twin.live.store import LiveStore
from twin.live.transactor import Stored, Transactor

__all__ = [
    "Clock",
    "Deployment",
    "EffectReader",
    "LiveProcess",
    "LiveStore",
    "RecordedClock",
    "SqliteStore",
    "Stored",
    "Terms",
    "Transactor",
    "read_effects",
    "relay",
    "serve",
    "store_at",
]
