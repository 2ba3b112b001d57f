-- Which trace an event or email belongs to (W3C traceparent of the request that caused it), for it to go on in: null
-- where nobody said.
alter table orders.outbox add column traceparent text;
alter table gateway.emails add column traceparent text;
comment on column orders.outbox.traceparent is 'The trace of the request that caused it (W3C traceparent).';
comment on column gateway.emails.traceparent is 'The trace of the request that caused it (W3C traceparent).';
