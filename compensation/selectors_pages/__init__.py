"""Reads for the pages of a representative: months, dashboard, downline, statements.

Every read is bounded: the number of queries does not depend on the size of a downline, and no
query counts or sorts more than `downline.SORTED_AT_MOST` rows.
"""
