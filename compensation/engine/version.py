"""The engine's version, stored with each run."""

ENGINE_VERSION = "1"
"""Changes with every change of a result's bytes."""
