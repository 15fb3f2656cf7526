"""Experiments: replications on common seeds, comparisons with intervals, verdicts on claims, results on disk."""

from twin.experiment.archive import results
from twin.experiment.optimize import optimize
from twin.experiment.replicate import replicate
from twin.experiment.results import Findings
from twin.experiment.study import compare, run
from twin.experiment.sweep import sweep

__all__ = ["Findings", "compare", "optimize", "replicate", "results", "run", "sweep"]
