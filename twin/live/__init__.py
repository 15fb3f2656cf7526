"""The same procedures in real time, on real stores."""

from twin.live.clock import Clock
from twin.live.relay import relay, run_due
from twin.live.sqlite import SqliteStore
from twin.live.transactor import Stored, Transactor

__all__ = ["Clock", "SqliteStore", "Stored", "Transactor", "relay", "run_due"]
