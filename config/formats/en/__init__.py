"""English, for readers in Europe: the day first, and a clock of 24 hours."""
