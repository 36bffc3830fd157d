"""The schema's present (``supabase/schemas``) and past (``supabase/migrations``), kept together."""
