"""Settings for every test: properties are tried on the same examples each time, and a busy machine fails nothing."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
