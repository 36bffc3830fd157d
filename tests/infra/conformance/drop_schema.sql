-- Takes away what schema.sql made.
do $$
declare
  routine regprocedure;
begin
  for routine in
    select oid from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and proname like 'conformance\_%'
  loop
    execute format('drop function %s', routine);
  end loop;
end
$$;
drop view public.conformance_names;
drop table public.conformance_items;
notify pgrst, 'reload schema';
