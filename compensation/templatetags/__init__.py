"""Template tags of pages that show points."""
