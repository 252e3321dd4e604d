"""Work over many processes and machines, on whatever engine the user has: the same bits as in one process."""
