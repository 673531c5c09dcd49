"""Reads for the pages of a representative: months, dashboard, downline, statements.

Every read is bounded: the number of queries does not depend on the size of a downline. What has to
look at more than `downline.SORTED_AT_MOST` rows of a run is read once of that run and kept.
"""
