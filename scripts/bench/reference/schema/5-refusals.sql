create or replace function bench_reference.check_document(if_match text[], documents text[], id text, version bigint) returns void
language plpgsql immutable as $$
begin
  if if_match && array['*', id || '-' || version] then
    return;
  end if;
  if if_match is not null and not if_match && array(select bench_reference.tag_of(d) from unnest(documents) d) then
    perform bench_reference.refuse('PRECONDITION_FAILED');
  end if;
end
$$;

create or replace function bench_reference.introduce(context jsonb, reason text default null) returns void
language plpgsql as $$
begin
  perform set_config('db_service.actor', coalesce(context ->> 'actor', ''), true),
          set_config('db_service.request_id', coalesce(context ->> 'request_id', ''), true),
          set_config('db_service.note', coalesce(reason, ''), true);
end
$$;

create or replace function bench_reference.refuse(code text, facts jsonb default '{}') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'DB001', message = code, detail = facts::text;
end
$$;

create or replace function bench_reference.tag_of(document text) returns text
language sql immutable strict parallel safe as $$
  select left(encode(sha256(convert_to(document, 'UTF8')), 'hex'), 32)
$$;

create or replace function bench_reference.internal_id(user_id uuid) returns bigint
language plpgsql stable as $$
declare
  found_id bigint;
begin
  select id into found_id from users.users where external_user_id = user_id;
  if found_id is null then
    perform bench_reference.refuse('USER_NOT_FOUND');
  end if;
  return found_id;
end
$$;
