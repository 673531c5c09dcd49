"""Explanations of stored runs: what a figure is made of, why a sale pays or not, what a rank needs.

Reads only. Everything is derived when asked, from the run's stored results and the frozen order
lines, by the engine's own functions, which a reversal uses as well; so parts add up to the lines.

``stored``     reads people of a run: single ones, a path up, as much of a branch as is needed
``walking``    says how far down a branch has to be read for a statement line
``facts``      reads order lines as the run saw them
"""
