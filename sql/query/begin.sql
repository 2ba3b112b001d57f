-- Around what a caller of /query wrote: nothing of it stays, whatever the role might be able to do.
begin read only
