"""The engine's version, stored with each run."""

ENGINE_VERSION = "3"
"""Changes with every change of a result's bytes."""
