"""One query of ``pg_catalog`` for each kind of object: its name and its properties as jsonb.

A change of any property is a difference between two databases. Rights are spread and sorted, so
that "never granted" equals "granted and taken back"; the grantor is left out: it is the owner.
"""

from __future__ import annotations

from typing import Final

OURS: Final = "('public'::regnamespace, 'app'::regnamespace)"


def _rights(acl: str) -> str:
    """SQL for the rights in an ACL, as sorted texts of role, right and grant option."""
    return f"""(
      select coalesce(jsonb_agg(line order by line), '[]') from (
        select format('%s: %s%s', coalesce(r.rolname, 'public'), g.privilege_type,
          case when g.is_grantable then ' with grant option' end) as line
        from aclexplode({acl}) g left join pg_catalog.pg_roles r on r.oid = g.grantee) lines)"""


def _comment(oid: str, catalogue: str) -> str:
    return f"pg_catalog.obj_description({oid}, '{catalogue}')"


def _owner(oid: str) -> str:
    return f"pg_catalog.pg_get_userbyid({oid})"


_RELATION_ACL = """coalesce(
      c.relacl, acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))"""
_SCHEMAS = f"""
select n.nspname, jsonb_build_object(
  'owner', {_owner("n.nspowner")},
  'rights', {_rights("coalesce(n.nspacl, acldefault('n', n.nspowner))")},
  'comment', {_comment("n.oid", "pg_namespace")})
from pg_catalog.pg_namespace n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'supabase_migrations')
"""
_ROLES = """
select r.rolname, jsonb_build_object(
  'attributes', jsonb_build_array(r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
    r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil),
  'member of', (select coalesce(jsonb_agg(distinct g.rolname || case when m.admin_option
      then ' with admin option' else '' end), '[]')
    from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
    where m.member = r.oid),
  'comment', pg_catalog.shobj_description(r.oid, 'pg_authid'))
from pg_catalog.pg_roles r where r.rolname !~ '^pg_'
"""
_SETTINGS = """
select coalesce(r.rolname, 'every role') || case when s.setdatabase = 0
    then '' else ' in this database' end,
  jsonb_build_object('values', (select jsonb_agg(one order by one) from unnest(s.setconfig) one))
from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_roles r on r.oid = s.setrole
where s.setdatabase in (
  0, (select oid from pg_catalog.pg_database where datname = current_database()))
"""
_PARAMETERS = f"""
select p.parname, jsonb_build_object('rights', {_rights("p.paracl")})
from pg_catalog.pg_parameter_acl p
"""
_DEFAULT_RIGHTS = f"""
select format('%s %s %s', {_owner("d.defaclrole")}, nullif(d.defaclnamespace, 0)::regnamespace,
    d.defaclobjtype), jsonb_build_object('rights', {_rights("d.defaclacl")})
from pg_catalog.pg_default_acl d
"""
_EXTENSIONS = f"""
select e.extname, jsonb_build_object(
  'schema', e.extnamespace::regnamespace, 'version', e.extversion,
  'comment', {_comment("e.oid", "pg_extension")})
from pg_catalog.pg_extension e
"""
_TYPES = f"""
select t.oid::regtype, jsonb_build_object(
  'kind', t.typtype, 'owner', {_owner("t.typowner")},
  'rights', {_rights("coalesce(t.typacl, acldefault('T', t.typowner))")},
  'labels', (select jsonb_agg(e.enumlabel order by e.enumsortorder)
    from pg_catalog.pg_enum e where e.enumtypid = t.oid),
  'base', case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end,
  'not null', t.typnotnull, 'default', t.typdefault,
  'range of', (select r.rngsubtype::regtype from pg_catalog.pg_range r where r.rngtypid = t.oid),
  'comment', {_comment("t.oid", "pg_type")})
from pg_catalog.pg_type t left join pg_catalog.pg_class c on c.oid = t.typrelid
where t.typnamespace in {OURS} and t.typtype in ('c', 'd', 'e', 'r')
  and (c.oid is null or c.relkind = 'c')
"""
_RELATIONS = f"""
select c.oid::regclass, jsonb_build_object(
  'kind', c.relkind, 'owner', {_owner("c.relowner")},
  'rights', {_rights(_RELATION_ACL)},
  'row security', c.relrowsecurity, 'row security is forced', c.relforcerowsecurity,
  'persistence', c.relpersistence, 'replica identity', c.relreplident,
  'options', (select jsonb_agg(one order by one) from unnest(c.reloptions) one),
  'of type', nullif(c.reloftype, 0)::regtype, 'method', a.amname,
  'partition key', pg_catalog.pg_get_partkeydef(c.oid),
  'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
  'parents', (select jsonb_agg(i.inhparent::regclass order by i.inhseqno)
    from pg_catalog.pg_inherits i where i.inhrelid = c.oid),
  'definition', case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
  'comment', {_comment("c.oid", "pg_class")})
from pg_catalog.pg_class c left join pg_catalog.pg_am a on a.oid = c.relam
where c.relnamespace in {OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
"""
_SEQUENCES = f"""
select s.seqrelid::regclass, jsonb_build_object(
  'definition', jsonb_build_array(s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
    s.seqmax, s.seqcache, s.seqcycle))
from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
where c.relnamespace in {OURS}
"""
_COLUMNS = f"""
select c.oid::regclass || '.' || a.attname, jsonb_build_object(
  'place', (select count(*) from pg_catalog.pg_attribute before
    where before.attrelid = a.attrelid and before.attnum between 1 and a.attnum
      and not before.attisdropped),
  'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not null', a.attnotnull,
  'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity,
  'generated', a.attgenerated, 'collation', nullif(a.attcollation, 0)::regcollation,
  'storage', a.attstorage, 'compression', a.attcompression,
  'statistics', nullif(a.attstattarget, -1), 'options', to_jsonb(a.attoptions),
  'inherited', jsonb_build_array(a.attislocal, a.attinhcount), 'rights', {_rights("a.attacl")},
  'comment', pg_catalog.col_description(a.attrelid, a.attnum))
from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relnamespace in {OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  and a.attnum > 0 and not a.attisdropped
"""
_CONSTRAINTS = f"""
select format('%s on %s', k.conname, coalesce(
    nullif(k.conrelid, 0)::regclass::text, nullif(k.contypid, 0)::regtype::text)),
  jsonb_build_object('definition', pg_catalog.pg_get_constraintdef(k.oid),
    'validated', k.convalidated, 'inherited', jsonb_build_array(k.conislocal, k.coninhcount),
    'comment', {_comment("k.oid", "pg_constraint")})
from pg_catalog.pg_constraint k where k.connamespace in {OURS} and k.contype <> 'n'
"""
_INDEXES = f"""
select i.indexrelid::regclass, jsonb_build_object(
  'definition', pg_catalog.pg_get_indexdef(i.indexrelid), 'owner', {_owner("c.relowner")},
  'flags', jsonb_build_array(i.indisvalid, i.indisready, i.indisprimary, i.indisunique,
    i.indisclustered, i.indisreplident),
  'parents', (select jsonb_agg(p.inhparent::regclass)
    from pg_catalog.pg_inherits p where p.inhrelid = i.indexrelid),
  'statistics', (select jsonb_object_agg(a.attnum, a.attstattarget) from pg_catalog.pg_attribute a
    where a.attrelid = i.indexrelid and a.attstattarget <> -1),
  'comment', {_comment("i.indexrelid", "pg_class")})
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
where c.relnamespace in {OURS}
"""
_POLICIES = f"""
select format('%s on %s', p.polname, p.polrelid::regclass), jsonb_build_object(
  'command', p.polcmd, 'permissive', p.polpermissive,
  'roles', (select jsonb_agg(name order by name) from (
    select coalesce(r.rolname, 'public') as name
    from unnest(p.polroles) one left join pg_catalog.pg_roles r on r.oid = one) names),
  'rows read', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
  'rows written', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
  'comment', {_comment("p.oid", "pg_policy")})
from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
where c.relnamespace in {OURS}
"""
_TRIGGERS = f"""
select format('%s on %s', t.tgname, t.tgrelid::regclass), jsonb_build_object(
  'definition', pg_catalog.pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
  'comment', {_comment("t.oid", "pg_trigger")})
from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
where c.relnamespace in {OURS} and not t.tgisinternal
"""
_RULES = f"""
select format('%s on %s', r.rulename, r.ev_class::regclass), jsonb_build_object(
  'definition', pg_catalog.pg_get_ruledef(r.oid), 'enabled', r.ev_enabled,
  'comment', {_comment("r.oid", "pg_rewrite")})
from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
where c.relnamespace in {OURS} and r.rulename <> '_RETURN'
"""
_ROUTINES = f"""
select p.oid::regprocedure, jsonb_build_object(
  'definition', case when p.prokind in ('f', 'p', 'w') then pg_catalog.pg_get_functiondef(p.oid)
    else (select row(a.*)::text from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid) end,
  'answers', pg_catalog.pg_get_function_result(p.oid), 'owner', {_owner("p.proowner")},
  'rights', {_rights("coalesce(p.proacl, acldefault('f', p.proowner))")},
  'comment', {_comment("p.oid", "pg_proc")})
from pg_catalog.pg_proc p where p.pronamespace in {OURS}
"""
_STATISTICS = f"""
select s.stxname, jsonb_build_object(
  'definition', pg_catalog.pg_get_statisticsobjdef(s.oid), 'owner', {_owner("s.stxowner")},
  'comment', {_comment("s.oid", "pg_statistic_ext")})
from pg_catalog.pg_statistic_ext s where s.stxnamespace in {OURS}
"""
_PUBLICATIONS = f"""
select p.pubname, jsonb_build_object(
  'owner', {_owner("p.pubowner")}, 'publishes', jsonb_build_array(
    p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot),
  'tables', (select jsonb_agg(r.prrelid::regclass order by r.prrelid::regclass::text)
    from pg_catalog.pg_publication_rel r where r.prpubid = p.oid))
from pg_catalog.pg_publication p
"""
_EVENT_TRIGGERS = f"""
select e.evtname, jsonb_build_object(
  'definition', jsonb_build_array(e.evtevent, e.evtfoid::regprocedure, e.evtenabled, e.evttags),
  'owner', {_owner("e.evtowner")}, 'comment', {_comment("e.oid", "pg_event_trigger")})
from pg_catalog.pg_event_trigger e
"""
QUERIES: Final = {
    "schema": _SCHEMAS,
    "role": _ROLES,
    "settings of": _SETTINGS,
    "parameter": _PARAMETERS,
    "default rights of": _DEFAULT_RIGHTS,
    "extension": _EXTENSIONS,
    "type": _TYPES,
    "relation": _RELATIONS,
    "sequence": _SEQUENCES,
    "column": _COLUMNS,
    "constraint": _CONSTRAINTS,
    "index": _INDEXES,
    "policy": _POLICIES,
    "trigger": _TRIGGERS,
    "rule": _RULES,
    "routine": _ROUTINES,
    "statistics": _STATISTICS,
    "publication": _PUBLICATIONS,
    "event trigger": _EVENT_TRIGGERS,
}
"""Kind to query, in the order in which differences are told."""
