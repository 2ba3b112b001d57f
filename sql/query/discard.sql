-- Settings, session locks, temporary tables: the next caller's session is as new.
discard all
