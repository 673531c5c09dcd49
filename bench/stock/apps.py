from django.apps import AppConfig


class StockConfig(AppConfig):
    """The comparison's own app; its table is made and dropped by the benchmark."""

    name = "bench.stock"
    label = "stock"
