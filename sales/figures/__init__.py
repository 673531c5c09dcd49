"""How well second sales go: own, of the team, of the programme."""
