-- comment_on_makers_of_members: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

COMMENT ON COLUMN "public"."memberships"."created_by" IS 'Who let the user in: user:<uuid>, dev or command; by hand in SQL the database role.';
