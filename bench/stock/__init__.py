"""A tree in django-mptt as it comes, for comparison only."""
