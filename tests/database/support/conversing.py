"""The functions that sessions and users are read by: a reader executes them, too."""

from __future__ import annotations

LOOKED_UP = {
    "app.list_traces_of(text,integer)",
    "app.list_turns(text,timestamp with time zone,text,boolean,integer)",
    "app.sum_session(text)",
}
"""Run as the owner, since an index of hashes is used by no policy; each names the tenant."""
CONVERSING = LOOKED_UP | {
    "app.describe_sessions(text[])",
    "app.find_new(app.said[],integer)",
    "app.find_turn(text)",
    "app.list_told(jsonb,text[])",
    "app.read_keys(jsonb,jsonb,integer)",
    "app.list_said(trace_summaries[])",
    "app.match_sessions(jsonb,integer)",
    "app.preview_sessions(trace_summaries[])",
    "app.read_messages(jsonb,text)",
    "app.read_turns(text,timestamp with time zone,text,integer)",
    "app.text_of(jsonb)",
    "app.amount_of(app.person,text)",
    "app.describe_user(app.person)",
    "app.add_models(app.person[],text)",
    "app.sum_users(text,timestamp with time zone,timestamp with time zone,text,text)",
    "app.asked_window(jsonb)",
}
