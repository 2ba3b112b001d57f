-- What must be dropped to make some objects anew: themselves, and what uses them, if it is the gateway's too; the last
-- to depend comes first. With what it takes to make each again as it is: its definition and its rights.
-- $1 objects text: JSON list of kind, name
with recursive edges as (
  select distinct
    case d.classid when 'pg_rewrite'::regclass then 'pg_class'::regclass else d.classid end::oid as classid,
    coalesce(w.ev_class, d.objid) as objid,
    -- The row type of a view stands for the view.
    case d.refclassid when 'pg_type'::regclass then 'pg_class'::regclass else d.refclassid end::oid as refclassid,
    case d.refclassid when 'pg_type'::regclass then coalesce(nullif(t.typrelid, 0), e.typrelid)
      else d.refobjid end as refobjid
  from pg_depend d
  left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
  left join pg_type t on d.refclassid = 'pg_type'::regclass and t.oid = d.refobjid
  left join pg_type e on e.oid = t.typelem
),
ours as (
  select o.* from gateway.defined_objects o join gateway.objects using (kind, name)
),
found as (
  select o.classid, o.objid, 0 as depth
  from ours o
  where (o.kind, o.name) in (select * from jsonb_to_recordset($1::text::jsonb) as wanted (kind text, name text))
  union
  select o.classid, o.objid, f.depth + 1
  from found f
  join edges e on e.refclassid = f.classid and e.refobjid = f.objid and (e.classid, e.objid) <> (f.classid, f.objid)
  join ours o on o.classid = e.classid and o.objid = e.objid
  where f.depth < 100
)
select o.kind, o.name, r.file,
  case o.kind
    when 'routine' then pg_get_functiondef(o.objid)
    when 'trigger' then pg_get_triggerdef(o.objid)
    else format('create %s %s as %s', o.kind, o.name, pg_get_viewdef(o.objid))
  end as definition,
  (
    select string_agg(format('grant %s on %s %s to %s%s', a.privilege_type,
      case o.kind when 'routine' then 'routine' else 'table' end, o.name,
      case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
      case when a.is_grantable then ' with grant option' else '' end), '; ')
    from aclexplode(coalesce(p.proacl, c.relacl)) a
    where a.grantee <> coalesce(p.proowner, c.relowner)
  ) as grants,
  p.proacl is not null as is_restricted
from (select classid, objid, max(depth) as depth from found group by 1, 2) f
join ours o on o.classid = f.classid and o.objid = f.objid
join gateway.objects r on r.kind = o.kind and r.name = o.name
left join pg_proc p on o.classid = 'pg_proc'::regclass and p.oid = o.objid
left join pg_class c on o.classid = 'pg_class'::regclass and c.oid = o.objid
order by f.depth desc, o.kind = 'trigger' desc
