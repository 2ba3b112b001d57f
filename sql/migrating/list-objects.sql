-- Every function, view and trigger, and when it was written.
select kind, name, written from gateway.defined_objects
