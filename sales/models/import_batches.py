"""Where orders and returns that came in by a file came from."""

from __future__ import annotations

from django.db import models


class ImportBatch(models.Model):
    """One run of an import: which file, how far it got, what it did. A log for staff."""

    kind = models.CharField(max_length=32, default="orders")
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField(default=0)
    order_count = models.PositiveIntegerField("orders added", default=0)
    return_count = models.PositiveIntegerField("returns added", default=0)
    customer_count = models.PositiveIntegerField("customers added", default=0)
    known_count = models.PositiveIntegerField("already there", default=0)
    rejected_count = models.PositiveIntegerField("rejected", default=0)
    conflict_count = models.PositiveIntegerField("conflicts", default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "import batches"

    def __str__(self) -> str:
        return f"{self.file_name} ({self.started_at:%Y-%m-%d %H:%M})"
