"""SQL over pg_catalog for the Data API's catalog; written for Postgres 15 to 18."""

from __future__ import annotations

from typing import Final

# format_type() leaves the schema off what the search path finds, so nothing may be found.
EMPTY_SEARCH_PATH: Final = "select set_config('search_path', '', true)"

# Partitions are left out, as PostgREST does: they are reached through their parent.
COLUMNS: Final = """
select c.relname as relation,
       a.attname as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       case
         when a.attgenerated <> '' then null
         when a.attidentity <> '' then format(
           'nextval(%L::regclass)',
           pg_catalog.pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
         else pg_catalog.pg_get_expr(d.adbin, d.adrelid)
       end as default,
       coalesce(a.attnum = any (k.conkey), false) as is_key
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
order by c.relname, a.attnum
"""

# A function with one OUT or TABLE column returns a scalar type; with more, a record.
ROUTINES: Final = """
select p.proname as name,
       p.provolatile = 'v' as volatile,
       p.proretset as returns_set,
       case
         when t.oid = 'pg_catalog.void'::regtype then 'void'
         when t.typtype = 'c' or t.oid = 'pg_catalog.record'::regtype then 'composite'
         else 'scalar'
       end as return_kind,
       coalesce(arguments.names, '{}') as names,
       coalesce(arguments.types, '{}') as types,
       coalesce(arguments.modes, '{}') as modes,
       p.pronargdefaults as defaults,
       coalesce(p.proconfig, '{}') as settings
from pg_catalog.pg_proc p
join pg_catalog.pg_type t on t.oid = p.prorettype
cross join lateral (
  select array_agg(coalesce(p.proargnames[a.at], '') order by a.at) as names,
         array_agg(pg_catalog.format_type(a.type, null) order by a.at) as types,
         array_agg(coalesce(p.proargmodes[a.at], 'i')::text order by a.at) as modes
  from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a (type, at)
) arguments
where p.pronamespace = $1::regnamespace
  and p.prokind = 'f'
  and t.oid <> 'pg_catalog.trigger'::regtype
"""

# https://docs.postgrest.org/en/v14/references/transactions.html#impersonated-role-settings
ROLE_SETTINGS: Final = """
with settings as (
  select r.rolname as role,
         split_part(setting, '=', 1) as name,
         lower(substr(setting, strpos(setting, '=') + 1)) as value
  from pg_catalog.pg_auth_members m
  join pg_catalog.pg_roles r on r.oid = m.roleid
  cross join unnest(r.rolconfig) setting
  where m.member = current_user::regrole
)
select distinct role, s.name, s.value
from settings s
join pg_catalog.pg_settings known on known.name = s.name
where known.context = 'user'
   or pg_catalog.has_parameter_privilege(current_user::regrole, s.name, 'set')
"""

# A setting for this database goes before one for all of them.
PRE_REQUEST: Final = """
select substr(setting, strpos(setting, '=') + 1)
from pg_catalog.pg_db_role_setting s
cross join unnest(s.setconfig) setting
where s.setrole = current_user::regrole
  and s.setdatabase in (
    0, (select oid from pg_catalog.pg_database where datname = current_database()))
  and setting like 'pgrst.db_pre_request=%'
order by s.setdatabase desc
limit 1
"""
