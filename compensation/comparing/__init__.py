"""Two computations side by side: why runs differ, and what would happen if.

Everything here only reads: facts come in on a read-only snapshot, runs of the engine stay in
memory. Nothing of it can reach the ledger.
"""
