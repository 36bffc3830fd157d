-- How roll-ups follow the spans. Folding has a lock of its own and not the tenant's: who waits for
-- that alone has every writer wait behind it, and an hour may take long. What is deleted or expires
-- meanwhile is marked. Who deletes sums holds both, this one first (app.hold_sums).

create function app.hold_folding(tenant text) returns void
language plpgsql set search_path = ''
as $$
begin
  -- Of these numbers responses have the odd ones, and all of them together 0 (app.hold_responses).
  perform pg_advisory_xact_lock(hashtext(tenant), 2);
end
$$;
comment on function app.hold_folding(text) is
  'Lets nobody else fold hours of a tenant, or delete its sums, until the transaction ends.';

create function app.hold_sums() returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
begin
  perform app.hold_folding(tenant);
  return tenant;
end
$$;
comment on function app.hold_sums() is
  'The caller''s tenant, to delete sums of it: a folding ends before, and the next waits for this transaction.';

create function app.kept_finely() returns timestamptz
language sql stable
return date_bin('1 day', now(), 'epoch') - interval '35 days';
comment on function app.kept_finely() is 'Since when sums are kept by five minutes.';

create function app.list_folded(tenant text) returns text[]
language plpgsql stable set search_path = ''
as $$
declare
  last text := '';
  known text[] := '{}';
begin
  loop
    select r.dimension into last from public.roll_ups r
      where r.tenant_id = tenant and r.dimension > last order by r.dimension limit 1;
    exit when not found;
    known := known || last;
  end loop;
  return known;
end
$$;
comment on function app.list_folded(text) is
  'The dimensions of which a tenant has sums: tags that it chose once, too.';

create function app.fold_range(
  tenant text, since timestamptz, until timestamptz, dimensions text[], known text[]
) returns integer
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  fine timestamptz := greatest(since, app.kept_finely());
  made integer;
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(known) and r.grain = 60
      and r.bucket_start >= since and r.bucket_start < until and not r.taken;
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(app.fine_dimensions()) and r.grain = 5
      and r.bucket_start >= since and r.bucket_start < until and not r.taken;
  insert into public.roll_ups select * from app.sum_spans(tenant, since, until, 60, dimensions);
  get diagnostics made = row_count;
  if fine < until then
    insert into public.roll_ups select * from app.sum_spans(tenant, fine, until, 5, app.fine_dimensions());
  end if;
  return made;
end
$$;
comment on function app.fold_range(text, timestamptz, timestamptz, text[], text[]) is
  'Makes the sums of hours beside each other anew from raw rows, instead of those known and not taken; answers how many.';

create function app.fold_day(tenant text, day timestamptz, dimensions text[], known text[])
returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(known) and r.grain = 1440
      and r.bucket_start = day;
  insert into public.roll_ups
  select * from app.add_up(tenant, dimensions, 60, day, day + interval '24 hours', 1440, false);
end
$$;
comment on function app.fold_day(text, timestamptz, text[], text[]) is
  'Makes the sums of a day (UTC) anew from those of its hours.';

-- First the marks go, then the raw rows are read: what was committed between has a mark of its own.
create function app.fold_hours(tenant text, hours timestamptz[]) returns integer
language plpgsql set search_path = ''
as $$
declare
  dimensions text[];
  known text[];
  folded timestamptz;
  found_marked timestamptz[] := '{}';
  stretch record;
  made integer := 0;
begin
  perform app.hold_folding(tenant);
  dimensions := app.list_dimensions(tenant);
  known := app.list_folded(tenant);
  foreach folded in array hours loop
    delete from public.roll_up_changes c where c.tenant_id = tenant and c.hour = folded;
    if found then
      found_marked := found_marked || folded;
    end if;
  end loop;
  -- Few spans an hour cost less than what is asked for each hour, so that neighbours go together.
  for stretch in
    select min(hour) as first, max(hour) as last
    from (select hour, hour - row_number() over (order by hour) * interval '1 hour' as island
      from (select distinct unnest(found_marked) as hour) h) i
    group by island
  loop
    made := made + app.fold_range(
      tenant, stretch.first, stretch.last + interval '1 hour', dimensions, known);
  end loop;
  perform app.make_terms(tenant, found_marked);
  -- A day with a mark is not read: whoever folds its last one sums it up, once.
  perform app.fold_day(tenant, day, dimensions, known)
    from (select distinct date_bin('1 day', hour, 'epoch') as day from unnest(found_marked) hour) d
    where not exists (
      select from public.roll_up_changes c
      where c.tenant_id = tenant and c.hour >= day and c.hour < day + interval '24 hours');
  return made;
end
$$;
comment on function app.fold_hours(text, timestamptz[]) is
  'Folds those of a tenant''s hours that changed, and their days, and makes their terms anew; answers how many sums by the hour it made.';

-- Of an hour whose spans go in many batches the sums stay one row each.
create function app.merge_taken(tenant text, dimensions text[], of_grain integer, since timestamptz, until timestamptz)
returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  merged public.roll_ups[] := array(
    select a::public.roll_ups
    from app.add_up(tenant, dimensions, of_grain, since, until, of_grain, true) a);
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(dimensions) and r.grain = of_grain
      and r.bucket_start >= since and r.bucket_start < until and r.taken;
  insert into public.roll_ups select * from unnest(merged);
end
$$;
comment on function app.merge_taken(text, text[], integer, timestamptz, timestamptz) is
  'Adds up what was taken of the same buckets.';

-- Who expires holds the tenant, so no hour changes between this and the deletion.
create function app.take_spans(
  tenant text, traces text[], late timestamptz, since timestamptz, until timestamptz
) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  grains integer[] := case when until >= app.kept_finely() then '{60,5}' else '{60}' end::integer[];
  minutes integer;
  dimensions text[];
  going public.roll_ups[];
begin
  foreach minutes in array grains loop
    dimensions := case when minutes = 5 then app.fine_dimensions() else app.list_dimensions(tenant) end;
    going := array(
      select s::public.roll_ups
      from app.sum_spans(tenant, since, until, minutes, dimensions, traces, late) s
      where minutes = 60 or s.bucket_start >= app.kept_finely());
    continue when going = '{}';
    for place in 1 .. cardinality(going) loop
      going[place].taken := true;
      -- Merged ones have places above 0.
      going[place].place := -going[place].place;
    end loop;
    insert into public.roll_ups select * from unnest(going);
    perform app.merge_taken(tenant, dimensions, minutes, bucket, bucket + minutes * interval '1 minute')
      from (select distinct bucket_start as bucket from unnest(going)) b;
  end loop;
end
$$;
comment on function app.take_spans(text, text[], timestamptz, timestamptz, timestamptz) is
  'Keeps the sums of those spans of these traces, in a window, that the expiry is about to take (app.expire_spans).';

revoke execute on all functions in schema app from public;
