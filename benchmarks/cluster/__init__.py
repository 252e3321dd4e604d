"""What work over many processes costs, and how many workers one coordinator keeps busy at that."""
