"""Bulk import of representatives from CSV: everything or nothing.

The file is read and checked first, without the database. Then, under the tree lock, it is checked
against the members there are, labels are computed in memory and the rows go in by COPY.
"""

from representatives.importing.runner import ImportOutcome, import_representatives
from representatives.importing.source import COLUMNS, Fault, UnableToImport

__all__ = ["COLUMNS", "Fault", "ImportOutcome", "UnableToImport", "import_representatives"]
