"""Import of orders and returns from a CSV file, safe to repeat and safe to kill.

The unit is the order: all lines of a file with one `external_ref`, wherever they stand. Units are
taken in the order of (paid at, order reference) and written some thousand at a time, each chunk
in one transaction by COPY into staging tables and set-based inserts. One bad line rejects its
unit and nothing else. A unit that is already there with the same content is skipped, with other
content it is a conflict. So a second run, or a run after a kill, ends where one whole run would.
"""

from sales.importing.runner import CHUNK_UNITS, Progress, Report, import_orders
from sales.importing.source import COLUMNS, Rejected, UnableToReadOrders

__all__ = [
    "CHUNK_UNITS",
    "COLUMNS",
    "Progress",
    "Rejected",
    "Report",
    "UnableToReadOrders",
    "import_orders",
]
