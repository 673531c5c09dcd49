"""Statements on paper: what a posted month says to a representative, as PDF and CSV.

``reading`` gathers the content of one statement from posted facts as plain data, ``pdf`` and
``sheet`` write it. Nothing else goes in: no catalogue, no tree, no clock, no locale, no words of
the portal's catalogue of translations. So the same statement is the same bytes for ever; what a
later form of the paper changes, is another edition. See docs/statements.md.
"""

EDITION = 2
"""The form in which papers are written from now on; each month keeps the one of its posting.

Edition 2 has the company's logo, and a line on tax.
"""
LANGUAGES = ("en", "pl")
"""Languages of the papers; any other one gets the first."""
