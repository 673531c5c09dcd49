"""When each customer is expected to buy again, learnt from the company's own purchases."""
