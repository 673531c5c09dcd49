"""What a project gets that follows django-mptt's tutorial."""

from django.db import models
from mptt.fields import TreeForeignKey
from mptt.models import MPTTModel


class StockMember(MPTTModel):
    """A member of the same tree, with dense labels and the stock manager."""

    name = models.CharField(max_length=150)
    code = models.CharField(max_length=32, unique=True)
    parent = TreeForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        managed = False
        db_table = "bench_stock_member"

    def __str__(self) -> str:
        return self.code
