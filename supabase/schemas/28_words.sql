-- What a text search compares: the words of a span's texts, and of what is asked for. The database's
-- own text search reads words; here is what it is given, the same for rows, questions and the index.

create function app.split_words(told text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- The parser would take foo@example.com, and/or and key=value for one word each, and leave out
  -- what stands between < and >.
  told := regexp_replace(told, '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]', ' ', 'g');
  if octet_length(told) = length(told) then
    return told;
  end if;
  -- Other scripts' signs, which it takes for letters where a database's locale is C. Where words are
  -- written without spaces, each character is a word, and a run of them is found as a phrase.
  return regexp_replace(regexp_replace(told,
    '[\u0080-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff]',
    ' ', 'g'), '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af])',
    ' \1 ', 'g');
end
$$;
comment on function app.split_words(text) is
  'A text with blanks between its words and no signs.';

create function app.bound_texts(texts jsonb, most integer) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  if length(texts::text) <= most then
    return texts;
  end if;
  return (
    select coalesce(jsonb_agg(left(told, most - before) order by place), '[]')
    from (
      select told, place, (sum(length(told)) over (order by place))::integer - length(told) as before
      from jsonb_array_elements_text(texts) with ordinality e (told, place)
    ) t
    where before < most);
end
$$;
comment on function app.bound_texts(jsonb, integer) is
  'The first so many characters of a list of texts.';

create function app.list_texts(messages jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- Roles and kinds of parts stand in every message, and nobody looks for them.
  return app.bound_texts(
    jsonb_path_query_array(messages, 'strict $.** ? (@.type() == "object").keyvalue() ? (@.key != "role"
      && @.key != "type" && @.key != "finish_reason" && @.key != "mime_type" && @.key != "modality"
      && @.key != "digest").value ? (@.type() == "string")', silent => true)
    || jsonb_path_query_array(messages,
      'strict $.** ? (@.type() == "array")[*] ? (@.type() == "string")', silent => true)
    || case when jsonb_typeof(messages) = 'string' then jsonb_build_array(messages) else '[]' end,
    32768);
end
$$;
comment on function app.list_texts(jsonb) is
  'The texts of messages, 32,768 characters at most: what was said, and tools'' names, arguments and results.';

create function app.list_labels(
  name text, agent text, tool text, status_message text, tags jsonb, attributes jsonb
) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return app.bound_texts(
    jsonb_path_query_array(jsonb_build_array(name, agent, tool, status_message, tags, attributes),
      'strict $.** ? (@.type() == "string")', silent => true), 4096);
end
$$;
comment on function app.list_labels(text, text, text, text, jsonb, jsonb) is
  'What else a span says in words: its names, its message, the values of its tags and its attributes'' texts, 4,096 characters at most.';

create function app.content_texts(labels jsonb, input jsonb, output jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return labels || coalesce(app.list_texts(input), '[]') || coalesce(app.list_texts(output), '[]');
end
$$;
comment on function app.content_texts(jsonb, jsonb, jsonb) is
  'All texts of a span whose content is kept.';

-- What is kept of a configuration is its name in pg_catalog.
create function app.text_vector(config text, texts jsonb) returns tsvector
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- Elements of a list are apart: no phrase goes from one to the next.
  return to_tsvector(('pg_catalog.' || quote_ident(config))::regconfig, coalesce(to_jsonb(array(
    select app.split_words(told) from jsonb_array_elements_text(texts) told)), '[]'));
end
$$;
comment on function app.text_vector(text, jsonb) is
  'The words of a list of texts by a text search configuration, with their places.';

-- The day is in the hash, so that a word's entry in the index is short, and of one tenant.
create function app.hash_words(tenant text, at timestamptz, words tsvector) returns bigint[]
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  seed constant bigint := hashtextextended(
    tenant, floor(extract(epoch from at) / 86400)::bigint);
begin
  return array(select hashtextextended(word, seed) from unnest(tsvector_to_array(words)) word);
end
$$;
comment on function app.hash_words(text, timestamptz, tsvector) is
  'A hash of each word in a tenant''s texts of a day (UTC).';

create function app.content_words(
  tenant text, at timestamptz, config text, labels jsonb, input jsonb, output jsonb
) returns bigint[]
-- What an index on it is for: to read a row's texts anew is dear.
language plpgsql immutable parallel safe set search_path = '' cost 100000
as $$
begin
  return app.hash_words(
    tenant, at, app.text_vector(config, app.content_texts(labels, input, output)));
end
$$;
comment on function app.content_words(text, timestamptz, text, jsonb, jsonb, jsonb) is
  'The hashes of the words of a span whose content is kept: what the index of contents has.';

create function app.text_query(config text, op text, told text) returns tsquery
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  name constant regconfig := ('pg_catalog.' || quote_ident(config))::regconfig;
  run tsquery;
  asked tsquery := ''::tsquery;
begin
  if op = 'phrase' then
    return phraseto_tsquery(name, app.split_words(told));
  end if;
  -- foo@example.com is a run of words that stand side by side.
  for run in
    select phraseto_tsquery(name, app.split_words(piece))
    from regexp_split_to_table(told, '[[:space:]]+') piece
  loop
    asked := case when numnode(asked) = 0 then run when numnode(run) = 0 then asked else asked && run end;
  end loop;
  return asked;
end
$$;
comment on function app.text_query(text, text, text) is
  'What a term of texts asks, by a text search configuration: of matches all its words, of phrase its words in a row. Stop words are not asked for.';

create function app.has_text(config text, texts jsonb, op text, told text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return app.text_vector(config, texts) @@ app.text_query(config, op, told);
end
$$;
comment on function app.has_text(text, jsonb, text, text) is
  'Whether texts have what a term asks; false where it asks for nothing but stop words.';

create function app.longest_word(told text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return (
    select lower(word) from regexp_split_to_table(app.split_words(told), ' +') word
    order by length(word) desc, word limit 1);
end
$$;
comment on function app.longest_word(text) is
  'The longest word of what is asked: a text without it, by letters alone, need not be looked into.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.split_words(text), app.bound_texts(jsonb, integer), app.list_texts(jsonb),
  app.content_texts(jsonb, jsonb, jsonb),
  app.list_labels(text, text, text, text, jsonb, jsonb), app.text_vector(text, jsonb),
  app.text_query(text, text, text), app.has_text(text, jsonb, text, text), app.longest_word(text)
  to authenticated, service_role;
grant execute on function
  app.hash_words(text, timestamptz, tsvector),
  app.content_words(text, timestamptz, text, jsonb, jsonb, jsonb)
  to service_role;
