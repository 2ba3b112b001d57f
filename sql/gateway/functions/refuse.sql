-- Ends the statement with a refusal the gateway knows: `code` stands in plugins/errors.ts, `facts` fill its sentence.
create or replace function gateway.refuse(code text, facts jsonb default '{}') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'DB001', message = code, detail = facts::text;
end
$$;
