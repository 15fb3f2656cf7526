"""The self-check: the twin against results that it did not make, so that a user can convince himself."""

from twin.experiment.selfcheck.table import CHANCE_OF_THE_TABLE as CHANCE_OF_THE_TABLE
from twin.experiment.selfcheck.table import rows as rows

__all__ = ["CHANCE_OF_THE_TABLE", "rows"]
