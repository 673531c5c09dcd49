"""What to offer whom next, with the reason, and what became of it."""
