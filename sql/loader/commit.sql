-- Ends the load. The first statement fails on any other session than the load's own, which alone has that table: a
-- driver that has lost its connection on the way would otherwise commit nothing on a new one and call it done.
select from loader_rejects limit 0;
commit
