"""Guides that representatives read and share."""
