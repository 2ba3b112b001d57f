-- Which database this is: another one after each reset, so that a gateway notices that its own is gone.
create table gateway.instance (
  only_row boolean not null default true constraint instance_pkey primary key
    constraint instance_only_row_check check (only_row),
  id uuid not null default gen_random_uuid()
);
insert into gateway.instance default values;
