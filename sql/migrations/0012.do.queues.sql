-- Emails that wait, by what the batches of housekeeping and of a mail server that is back look for. The last condition holds always: it keeps
-- whoever looks for what is due, and not for what is late, from reading all of this index instead of the other.
create index emails_expiring_idx on gateway.emails (expires_at)
where accepted_at is null and failed_at is null and expires_at > '-infinity';
create index emails_server_away_idx on gateway.emails (id) where accepted_at is null and failed_at is null and server_away;

-- Each event passes through the index of what waits, where it stays until a vacuum: by default that is when a fifth of all that is kept has
-- changed, hundreds of thousands to walk past.
alter table orders.outbox set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
alter table gateway.emails set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
