"""The day's work: the customers page, today's list, the page of a customer."""
