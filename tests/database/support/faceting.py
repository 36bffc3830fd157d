"""The functions that facets are made of: a reader executes them, too."""

from __future__ import annotations

FACETING = {
    "app.compile_window(jsonb,text)",
    "app.choose_facets(jsonb,text,text)",
    "app.find_total(jsonb)",
    "app.describe_facet(app.facet,jsonb,text,jsonb)",
    "app.facet_names_argument(jsonb,text,text)",
    "app.few_rows()",
    "app.filter_window(jsonb)",
    "app.find_keys(jsonb,text,integer)",
    "app.has_more_rows(text,text,timestamp with time zone,timestamp with time zone,integer)",
    "app.is_dense(jsonb,text,text)",
    "app.keep_prefix(text)",
    "app.list_facet_names(text,text)",
    "app.most_scanned()",
    "app.rank_values(text,app.row_keys,integer,app.sum_range[],app.facet[],integer)",
    "app.scan_values(jsonb,text,text,app.facet[],integer,integer)",
    "app.tell_deep(jsonb,text,app.facet[],integer,integer)",
    "app.tell_facets(jsonb,app.facet[],text,integer)",
    "app.tell_rows(jsonb,text,text,app.facet[],integer,integer)",
    (
        "app.tell_sums(jsonb,text,app.facet[],timestamp with time zone,"
        "timestamp with time zone,integer)"
    ),
    "app.to_dimension(app.field)",
    "app.to_facet(bigint,app.field,text,text,text[])",
    "app.write_column(app.facet)",
    "app.write_columns(app.facet[])",
    "app.write_counts(text,app.facet[],text,text)",
    "app.write_deep(text,app.facet[],text)",
    "app.write_groups(app.facet[],text)",
    "app.write_kept_sums(text,text)",
    "app.write_lookup(app.row_keys,text,text,app.facet[])",
    "app.write_ranges(app.facet[])",
    "app.write_raw_sums(text,app.facet[],text)",
    "app.write_row_columns(app.facet[],text)",
    "app.write_scan(jsonb,text,text,app.facet[],integer)",
    "app.write_unlisted(text,app.facet[],text)",
}
