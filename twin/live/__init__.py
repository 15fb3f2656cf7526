"""The same procedures in real time, on real stores."""
