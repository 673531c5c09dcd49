"""One module per way of running; all keys in base, the others only override."""
