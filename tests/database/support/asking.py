"""The functions that lists and their filters are made of: a reader executes them, too."""

from __future__ import annotations

ASKING = {
    "app.ask_trace(app.field,text,text)",
    "app.attributed_expression(text)",
    "app.check_columns(jsonb)",
    "app.check_filter_tree(jsonb)",
    "app.check_term(jsonb)",
    "app.check_time(text)",
    "app.compare_to(text,text,text)",
    "app.compile_dating(jsonb,text)",
    "app.compile_filter(jsonb,text)",
    "app.compile_position(jsonb,text)",
    "app.compile_question(jsonb,text)",
    "app.compile_term(jsonb,text)",
    "app.compile_tree(jsonb,text)",
    "app.compile_value(app.field,app.field_type,text)",
    "app.compile_values(app.field,app.field_type,text,jsonb)",
    "app.count_terms(jsonb,integer)",
    "app.describe_term(jsonb)",
    "app.find_field(text,text)",
    "app.list_field_types()",
    "app.list_fields()",
    "app.match_rows(jsonb,text)",
    "app.nearest_name(text,text[])",
    "app.refuse_filter(text,text)",
    "app.to_milliseconds(text)",
    "app.time_argument(jsonb,text)",
}
