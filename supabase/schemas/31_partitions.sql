-- Monthly partitions of spans and span_contents; the default partition takes what falls outside.

create function app.partition_name(parent text, month date) returns text
language sql stable set search_path = ''
as $$ select parent || '_' || to_char(month, 'YYYY_MM') $$;
comment on function app.partition_name(text, date) is 'What one month''s partition of a table is called.';

create function app.ensure_partition(parent text, month date) returns void
language plpgsql set search_path = ''
as $$
declare
  partition text := app.partition_name(parent, month);
  month_start timestamptz := month::timestamp at time zone 'UTC';
  month_end timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
  if to_regclass(format('public.%I', partition)) is not null then
    return;
  end if;
  execute format('create table public.%I (like public.%I including defaults '
    'including generated including constraints including indexes)', partition, parent);
  perform app.seal_partition(partition);
  perform app.move_from_default(parent, partition, month_start, month_end);
  execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
    parent, partition, month_start, month_end);
end
$$;
comment on function app.ensure_partition(text, date) is
  'Makes one month''s partition of a table of ours, unless it is there.';

create function app.move_from_default(
  parent text, partition text, month_start timestamptz, month_end timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  stored_columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum) into stored_columns
    from pg_catalog.pg_attribute
    where attrelid = format('public.%I', parent)::regclass
      and attnum > 0 and not attisdropped and attgenerated = '';
  -- No row may arrive between its month's move and the partition that is to take it.
  execute format('lock table public.%I in access exclusive mode', parent || '_default');
  execute format(
    'with moved as (delete from public.%1$I where start_time >= $1 and start_time < $2 returning %2$s) '
    'insert into public.%3$I (%2$s) select %2$s from moved',
    parent || '_default', stored_columns, partition)
    using month_start, month_end;
end
$$;
comment on function app.move_from_default(text, text, timestamptz, timestamptz) is
  'Moves a month''s rows out of the default partition, which else would refuse a partition for them.';

create function app.seal_partition(partition text) returns void
language plpgsql set search_path = ''
as $$
begin
  execute format('alter table public.%I enable row level security', partition);
  execute format('alter table public.%I force row level security', partition);
  execute format('revoke all on public.%I from anon, authenticated, service_role', partition);
end
$$;
comment on function app.seal_partition(text) is
  'Closes a partition: rows are read through the parent, where the policy is.';

create function app.find_missing_partitions(months_ahead integer default 12)
returns table (parent text, month date)
language sql stable set search_path = ''
as $$
  select p.parent, m.month::date
  from generate_series(
      date_trunc('month', now() at time zone 'UTC') - interval '1 month',
      date_trunc('month', now() at time zone 'UTC') + months_ahead * interval '1 month',
      interval '1 month') m (month),
    (values ('spans'), ('span_contents')) p (parent)
  where to_regclass(format('public.%I', app.partition_name(p.parent, m.month::date))) is null
  order by m.month, p.parent
$$;
comment on function app.find_missing_partitions(integer) is
  'The partitions that should be there and are not, from last month to so many months ahead.';

create function app.ensure_partitions(months_ahead integer default 12) returns void
language plpgsql set search_path = ''
as $$
begin
  perform app.ensure_partition(m.parent, m.month) from app.find_missing_partitions(months_ahead) m;
end
$$;
comment on function app.ensure_partitions(integer) is
  'Makes the partitions from last month to so many months ahead. Safe to repeat; run it monthly.';

create table public.spans_default partition of public.spans default;
create table public.span_contents_default partition of public.span_contents default;
do $$
begin
  perform app.seal_partition('spans_default');
  perform app.seal_partition('span_contents_default');
  perform app.ensure_partitions();
end
$$;
revoke execute on all functions in schema app from public;

comment on table public.spans_default is 'Spans outside the monthly partitions.';
comment on table public.span_contents_default is 'Contents outside the monthly partitions.';

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-partitions', '17 3 1 * *', 'select app.ensure_partitions()');
  end if;
end
$$;
