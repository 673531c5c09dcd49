"""Commands of the sales app."""
