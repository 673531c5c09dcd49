"""People a representative looks after: stages, needs, consent, import, merge, erasure."""
