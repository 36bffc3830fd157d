-- The one door for writing.

create function app.write_new(
  tenant text, arrived public.spans[], contents public.span_contents[],
  since timestamptz, until timestamptz
) returns bigint
language plpgsql set search_path = ''
as $$
begin
  if cardinality(arrived) = 0 then
    return 0;
  end if;
  -- The summaries first, whose rows others wait for (app.hold_traces).
  perform app.begin_traces(tenant, arrived);
  insert into public.spans select * from unnest(arrived);
  if cardinality(contents) > 0 then
    perform app.insert_contents(contents);
  end if;
  return cardinality(arrived);
end
$$;
comment on function app.write_new(
  text, public.spans[], public.span_contents[], timestamptz, timestamptz
) is
  'Stores spans of traces that are new, with their summaries; answers how many. Refuses where one of them was written meanwhile: the writer begins again, with more care.';

create function app.write_spans(
  tenant text, payload jsonb, reopened text[], held text[], alone boolean, careful boolean,
  out stored bigint, out merged bigint
)
language plpgsql set search_path = ''
as $$
declare
  arrived public.spans[] := app.read_spans(tenant, payload);
  contents public.span_contents[] := app.read_contents(tenant, payload);
  looked record := app.look_over(arrived);
  responses text[] := looked.responses || reopened;
  calls record;
  instrumentations text[];
  peers public.spans[];
  known text[];
  since timestamptz := looked.since;
  until timestamptz := looked.until;
  before public.spans[];
  added text[];
  restless text[];
begin
  -- A migration changes spans first and traces then: whoever came to them the other way round would
  -- wait for it while it waits for them.
  lock table only public.spans in row exclusive mode;
  if looked.entangled then
    arrived := app.mark_counted(arrived);
  end if;
  -- An expression, as all that can be one here: it takes a fraction of what a query of a function does.
  calls := app.hold_calls(
    tenant, looked.instrumentations, looked.unnamed,
    case when looked.links = '{}' then responses else responses || app.linked_responses(looked.links) end,
    alone);
  alone := calls.alone;
  instrumentations := calls.instrumentations;
  -- For most tenants there is no chain.
  if looked.links <> '{}' or looked.responses <> '{}' and exists (
      select from public.response_chains where tenant_id = tenant) then
    perform app.note_links(tenant, looked.links, looked.responses);
  end if;
  if held <> '{}' or reopened <> '{}' then
    select w.since, w.until into since, until
      from app.find_window(tenant, arrived, held || array(
        select trace_id from unnest(arrived) where reopened <> '{}')) w;
  end if;
  peers := app.find_peers(tenant, responses, reopened, since, until);
  if held <> '{}' or cardinality(instrumentations) > 1 then
    peers := peers || app.find_nested(tenant, arrived, held, instrumentations, since, until);
  end if;
  if not careful and cardinality(peers) = 0 and not looked.repeated
     and not app.knows_any(tenant, looked.traces) then
    stored := app.write_new(tenant, arrived, contents, since, until);
    merged := 0;
    return;
  end if;
  known := app.hold_traces(arrived || peers);
  if known <> '{}' then
    select w.since, w.until into since, until from app.find_window(tenant, arrived, known) w;
  end if;
  before := app.find_stored(tenant, arrived, known, since, until);
  if before <> '{}' or looked.repeated then
    perform app.note_changed(tenant, before || arrived);
  end if;
  perform app.insert_spans(arrived);
  added := array(
    select trace_id || span_id from unnest(arrived)
    except select trace_id || span_id from unnest(before));
  stored := cardinality(added);
  select c.merged, c.restless into merged, restless
    from app.converge(
      tenant, arrived, before, contents, peers, known, added, responses, instrumentations, alone,
      since, until) c;
  perform app.summarize_traces(tenant, restless, since, until);
  added := array(select key from unnest(added) key where app.trace_of(key) <> all(restless));
  perform app.add_to_traces(tenant, added, since, until);
end
$$;
comment on function app.write_spans(text, jsonb, text[], text[], boolean, boolean) is
  'Inserts a tenant''s spans that are new, merges those that are known, settles what is counted and moves the traces (careful: whether they look new or not); answers how many spans were new and how many known ones changed.';

-- Postgres' own message would do, but its detail is the failing row, and rows hold content.
create function app.describe_problem(problem text, column_of text, constraint_of text) returns text
language sql immutable set search_path = ''
as $$
  select case
    when constraint_of <> '' then format('%s does not hold.', constraint_of)
    when column_of <> '' then format('%s is missing.', column_of)
    else regexp_replace(problem, '".*"', '"…"') || '.'
  end
$$;
comment on function app.describe_problem(text, text, text) is
  'A database error of a span in words, without any of the span''s values.';

create function app.store_spans(
  tenant text, payload jsonb, out stored bigint, out merged bigint
)
language plpgsql set search_path = ''
as $$
declare
  reopened text[] := '{}';
  held text[] := '{}';
  alone boolean := false;
  careful boolean := false;
  outcome record;
  problem text;
  column_of text;
  constraint_of text;
begin
  loop
    begin
      outcome := app.write_spans(tenant, payload, reopened, held, alone, careful);
      stored := outcome.stored;
      merged := outcome.merged;
      return;
    exception
      -- Undone, locks included, and begun again with what was missing (app.require_held).
      when sqlstate 'LO409' then
        get stacked diagnostics problem = pg_exception_detail;
        reopened := reopened || array(select jsonb_array_elements_text(problem::jsonb -> 'responses'));
        held := held || array(select jsonb_array_elements_text(problem::jsonb -> 'traces'));
        alone := true;
      -- Some of it was not new (app.write_new).
      when unique_violation then
        if careful then
          raise;
        end if;
        careful := true;
      when data_exception or integrity_constraint_violation or program_limit_exceeded then
        get stacked diagnostics
          problem = message_text, column_of = column_name, constraint_of = constraint_name;
        raise invalid_parameter_value using
          message = 'A span is malformed: ' || app.describe_problem(problem, column_of, constraint_of),
          hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
    end;
  end loop;
end
$$;
comment on function app.store_spans(text, jsonb) is
  'Stores a tenant''s spans, all or none of a batch; answers how many were new and how many known ones changed.';

create function public.ingest_spans(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  spans jsonb := $1 -> 'spans';
  evaluations jsonb := case when jsonb_typeof($1 -> 'evaluations') = 'array' then $1 -> 'evaluations' end;
  received bigint;
  limited boolean;
  settings public.tenants;
  past_the_door boolean := app.is_past_the_door(tenant);
  keeps_content boolean;
  outcome record;
begin
  if jsonb_typeof(spans) is distinct from 'array' then
    raise invalid_parameter_value using
      message = 'The body has no array of spans.',
      hint = 'Send {"spans": [...], "process": {...}}.';
  end if;
  received := jsonb_array_length(spans) + coalesce(jsonb_array_length(evaluations), 0);
  settings := app.find_tenant(tenant);
  -- A call without spans asks for the digest's key, which a limit does not keep back.
  limited := received > 0 and app.check_budget(settings);
  if past_the_door then
    perform app.require_doubles(spans);
  end if;
  keeps_content := settings.content_capture = 'on'
    or settings.content_capture = 'follow' and not past_the_door;
  spans := app.without_forgotten(tenant, spans);
  outcome := app.store_spans(
    tenant, case when keeps_content then spans else app.withhold_content(spans) end);
  if evaluations is not null then
    perform app.store_evaluations(tenant, evaluations, keeps_content);
  end if;
  if $1 ? 'process' then
    perform app.record_process(tenant, $1 -> 'process', outcome.stored);
  end if;
  if limited then
    perform app.charge_budget(tenant, received, pg_column_size($1));
  end if;
  return jsonb_build_object(
    'received', received, 'stored', outcome.stored, 'merged', outcome.merged,
    -- Its token's holder has the key that was derived for it, and learns here whether it is current.
    'digest', case when past_the_door then app.digest_source(settings) - 'salt'
      else app.digest_source(settings) end,
    'content', keeps_content,
    'mappings', case when $1 -> 'settings' = 'true' then app.list_mappings(tenant) end);
end
$$;
comment on function public.ingest_spans(jsonb) is
  'Writes {"spans": [...], "process": {...}}, and "evaluations": [...], under the tenant of the caller''s token. Any order, cut and repetition of deliveries ends in the same rows. Content is left out where the tenant forbids it (tenants.content_capture; the answer''s "content"). With "settings": true it also answers the tenant''s attribute_mappings.';

revoke execute on all functions in schema app from public;
revoke execute on function public.ingest_spans(jsonb) from public, anon, authenticated;
grant execute on function public.ingest_spans(jsonb) to llm_ingest, service_role;
