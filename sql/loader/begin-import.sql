-- Begins an import's transaction. It waits for its turn when its rows are all here (sql/loader/wait-turn.sql): reading
-- what a caller sends may take minutes, and gateways that start wait for the same lock.
begin
