"""Plans, engine, periods, ledger, and every page that shows points or money."""
