"""The catalogue of scenarios: its files, their landscapes and profiles, and the loader that names every position."""

from scenarios.json_schema import schema
from scenarios.loader import check, load, names
from scenarios.resolved import assumptions, resolved
from scenarios.restored import restored
from scenarios.writing import written

__all__ = ["assumptions", "check", "load", "names", "resolved", "restored", "schema", "written"]
