"""The engine's version, stored with each run."""

ENGINE_VERSION = "2"
"""Changes with every change of a result's bytes."""
