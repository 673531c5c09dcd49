"""Catalogue, customers, orders, returns and their import: the facts of selling."""
