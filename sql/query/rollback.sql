-- The end of what a caller of /query wrote.
rollback
