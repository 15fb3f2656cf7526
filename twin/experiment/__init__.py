"""Experiments: replications on common seeds, comparisons with intervals, verdicts on claims, results on disk."""

from twin.experiment.archive import results
from twin.experiment.replicate import replicate
from twin.experiment.results import Findings

__all__ = ["Findings", "replicate", "results"]
