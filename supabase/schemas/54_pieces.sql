-- A window cut into the pieces of its series, and each piece into ranges that one grain of the
-- roll-ups holds, or that raw rows are read for.

-- A name that holds a digit may be a rule that Postgres makes up a zone of ('XYZ5'), and one without
-- a slash an abbreviation. The list of names is slow: it is asked about these alone.
create function app.check_time_zone(time_zone text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  is_known boolean := time_zone = 'UTC' or time_zone ~ '^[A-Za-z_]+(/[A-Za-z_-]+){1,2}$';
begin
  if is_known then
    perform now() at time zone time_zone;
  else
    is_known := exists (select from pg_catalog.pg_timezone_names where name = time_zone);
  end if;
  if is_known is not true then
    raise invalid_parameter_value;
  end if;
exception when invalid_parameter_value then
  raise invalid_parameter_value using
    message = 'The time zone is not known.',
    hint = 'Give a name of the IANA time zone database, such as Europe/Berlin.';
end
$$;
comment on function app.check_time_zone(text) is
  'Refuses what is no time zone''s name (pg_timezone_names).';

-- A day begins with the first moment that has its date: where clocks are put back over midnight,
-- midnight comes twice.
create function app.list_days(window_start timestamptz, window_end timestamptz, time_zone text)
returns setof timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return query
    select distinct case when (later - interval '1 hour') at time zone time_zone >= midnight
      then later - interval '1 hour' else later end
    from generate_series(
        date_trunc('day', window_start at time zone time_zone),
        (window_end - interval '1 microsecond') at time zone time_zone,
        interval '1 day') midnight,
      lateral (select midnight at time zone time_zone as later) m
    order by 1;
end
$$;
comment on function app.list_days(timestamptz, timestamptz, text) is
  'When each day of a window begins in a time zone.';

create function app.list_points(
  window_start timestamptz, window_end timestamptz, bucket text, time_zone text
) returns timestamptz[]
language plpgsql stable set search_path = ''
as $$
begin
  if bucket = 'day' then
    return array(select app.list_days(window_start, window_end, time_zone));
  end if;
  return array(
    select distinct date_trunc(bucket, moment, time_zone) as point
    from generate_series(
      date_trunc(bucket, window_start, time_zone),
      -- One more: where clocks move by half an hour, hours begin at another minute from then on.
      window_end + ('1 ' || bucket)::interval, ('1 ' || bucket)::interval) moment
    where date_trunc(bucket, moment, time_zone) < window_end
    order by point);
end
$$;
comment on function app.list_points(timestamptz, timestamptz, text, text) is
  'When each minute, hour or day of a window begins in a time zone; the first may begin before the window.';

create type app.sum_range as (
  point integer, grain integer, since timestamptz, until timestamptz, raw boolean
);
comment on type app.sum_range is
  'A part of a window''s piece of that number, in which roll-ups of a grain are read; or, if it is raw, raw rows and what was taken from them by that grain.';

-- An hour earlier than they are taken away, and all hours that this one transaction sees alike.
create function app.fine_since() returns timestamptz
language sql stable
return date_bin('1 hour', now(), 'epoch') - interval '34 days';
comment on function app.fine_since() is 'From when on sums by 5 minutes are there: they are kept for 35 days.';

create function app.next_range(
  point integer, since timestamptz, until timestamptz, finest integer
) returns app.sum_range
language plpgsql stable set search_path = ''
as $$
declare
  grains constant integer[] := array[1440, 60, 5];
  usable integer := finest;
  width interval;
  wider interval;
  next timestamptz;
begin
  if since < app.fine_since() then
    usable := greatest(finest, 60);
  end if;
  -- From the widest grain on: the first of which a whole bucket begins here.
  for step in 1 .. 3 loop
    exit when grains[step] < usable;
    width := grains[step] * interval '1 minute';
    if date_bin(width, since, 'epoch') = since and since + width <= until then
      -- Up to where one of the wider grain begins, so that none is of two days.
      next := least(date_bin(wider, since, 'epoch') + wider, date_bin(width, until, 'epoch'));
      return (point, grains[step], since, next, false);
    end if;
    wider := width;
  end loop;
  -- Raw rows, up to where a whole bucket of the finest grain begins, or where finer sums are kept.
  next := date_bin(width, since, 'epoch') + width;
  if (next + width <= until) is not true then
    next := case when since < app.fine_since() then least(until, app.fine_since()) else until end;
  end if;
  return (point, usable, since, next, true);
end
$$;
comment on function app.next_range(integer, timestamptz, timestamptz, integer) is
  'The first range of a stretch of time in which nothing changed since it was folded: of the widest grain whose buckets begin there and fit, else raw.';

create function app.plan_ranges(tenant text, pieces timestamptz[], finest integer)
returns setof app.sum_range
language plpgsql stable set search_path = ''
as $$
declare
  marked constant timestamptz[] := array(
    select app.list_marked(tenant, pieces[1], pieces[cardinality(pieces)]));
  mark integer := 1;
  hour timestamptz;
  next app.sum_range;
begin
  for piece in 1 .. cardinality(pieces) - 1 loop
    next.until := pieces[piece];
    while next.until < pieces[piece + 1] loop
      hour := date_bin('1 hour', next.until, 'epoch');
      while marked[mark] < hour loop
        mark := mark + 1;
      end loop;
      -- By the minute nothing is kept.
      if finest >= 5 and marked[mark] is distinct from hour then
        next := app.next_range(
          piece, next.until, least(pieces[piece + 1], marked[mark]), finest);
      else
        next := (piece, case when hour < app.fine_since() then 60 else greatest(finest, 5) end,
          next.until, hour + interval '1 hour', true);
        -- Hours beside each other that changed are read at once.
        while next.until < pieces[piece + 1] and marked[mark + 1] = next.until
            and next.until <> app.fine_since() loop
          mark := mark + 1;
          next.until := next.until + interval '1 hour';
        end loop;
        next.until := least(next.until, pieces[piece + 1]);
      end if;
      return next next;
    end loop;
  end loop;
end
$$;
comment on function app.plan_ranges(text, timestamptz[], integer) is
  'The ranges of a tenant''s sums between each two of these times, in order, of no finer grain than the finest. An hour that changed is raw; what was taken from an hour that is cut counts where it begins.';

create function app.widen_ranges(ranges app.sum_range[], finest integer)
returns setof app.sum_range
language plpgsql stable set search_path = ''
as $$
declare
  planned app.sum_range;
  since timestamptz;
  until timestamptz;
  next app.sum_range;
begin
  -- One that is raw ends each stretch, and the last one.
  foreach planned in array ranges || (null, null, null, null, true)::app.sum_range loop
    if not planned.raw then
      since := coalesce(since, planned.since);
      until := planned.until;
      continue;
    end if;
    while since < until loop
      next := app.next_range(1, since, until, finest);
      return next next;
      since := next.until;
    end loop;
    since := null;
    if planned.since is not null then
      planned.point := 1;
      return next planned;
    end if;
  end loop;
end
$$;
comment on function app.widen_ranges(app.sum_range[], integer) is
  'The same time as one piece: in ranges of the widest grains, but for what is raw.';

create type app.share as (point integer, piece integer, outside integer, day timestamptz);
comment on type app.share is
  'A part of a day (UTC) with a number of its own beyond those of the pieces: it is the piece''s, and stands in the day''s sums, which are read for another piece (outside).';

-- A day of another zone is one of UTC without some hours, and with some of the day before.
create function app.list_shares(ranges app.sum_range[], pieces integer) returns setof app.share
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    with part as (
      select r.point, date_bin('1 day', r.since, 'epoch') as day, sum(r.until - r.since) as width,
        sum(extract(epoch from r.until - r.since) / (60 * r.grain)) as buckets
      from unnest(ranges) r where not r.raw and r.grain < 1440 group by 1, 2
    ),
    whole as (
      select p.day, (array_agg(p.point order by p.buckets desc))[1] as point from part p group by p.day
      having sum(p.width) = interval '1 day' and 2 * max(p.buckets) > sum(p.buckets) + 1
    )
    select pieces + row_number() over ()::integer, p.point, w.point, p.day
    from whole w join part p on p.day = w.day and p.point <> w.point;
end
$$;
comment on function app.list_shares(app.sum_range[], integer) is
  'The parts of days that are wholly read from roll-ups, for several pieces: all but the longest part, where the whole day without the others is fewer rows.';

create function app.share_days(ranges app.sum_range[], shares app.share[])
returns setof app.sum_range
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select coalesce(s.point, r.point), r.grain, r.since, r.until, r.raw
    from unnest(ranges) r
      left join unnest(shares) s
        on s.piece = r.point and s.day = date_bin('1 day', r.since, 'epoch')
    where not exists (
      select from unnest(shares) o
      where o.outside = r.point and o.day = date_bin('1 day', r.since, 'epoch'))
    union all
    select distinct s.outside, 1440, s.day, s.day + interval '1 day', false from unnest(shares) s;
end
$$;
comment on function app.share_days(app.sum_range[], app.share[]) is
  'The same time with whole days in place of the longest parts of those that pieces share.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.check_time_zone(text), app.list_days(timestamptz, timestamptz, text),
  app.list_points(timestamptz, timestamptz, text, text), app.fine_since(),
  app.next_range(integer, timestamptz, timestamptz, integer),
  app.plan_ranges(text, timestamptz[], integer), app.widen_ranges(app.sum_range[], integer),
  app.list_shares(app.sum_range[], integer), app.share_days(app.sum_range[], app.share[])
  to authenticated, service_role;
