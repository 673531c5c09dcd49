"""Links and codes that bring people, and what became of each visit."""
