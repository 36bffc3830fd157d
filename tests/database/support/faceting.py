"""The functions that facets are made of: a reader executes them, too."""

from __future__ import annotations

FACETING = {
    "app.choose_facets(jsonb,text,text)",
    "app.describe_facet(app.facet,jsonb,text,jsonb)",
    "app.facet_names_argument(jsonb,text,text)",
    "app.few_rows()",
    "app.filter_window(jsonb)",
    "app.find_facet(text,text,text[])",
    "app.find_newest(jsonb,text,integer)",
    "app.has_many_rows(text,text,timestamp with time zone,timestamp with time zone)",
    "app.keep_prefix(text)",
    "app.list_facet_names(text,text)",
    "app.moment_argument(jsonb,text)",
    "app.tell_facets(text,app.row_keys,app.sum_range[],app.facet[],integer,text,jsonb)",
    "app.tell_rows(jsonb,text,text,app.facet[],integer,integer)",
    (
        "app.tell_sums(jsonb,text,app.facet[],timestamp with time zone,timestam"
        "p with time zone,integer)"
    ),
    "app.to_dimension(app.field)",
    "app.write_column(app.facet,text)",
    "app.write_counts(app.facet[],text)",
    "app.write_kept_sums(text,text)",
    "app.write_listed(app.facet[],text)",
    "app.write_raw_sums(text,app.facet[],text)",
    "app.write_read_from_spans(text,app.facet[],text)",
    "app.write_span_facets(text,app.facet[],text,app.row_keys)",
    "app.write_span_value(app.facet)",
    "app.write_trace_facets(text,app.facet[],text)",
}
