"""A stand-in for Supabase Auth: the endpoints that the dashboard and its admin scripts use.

It answers as https://github.com/supabase/auth does, keeps its rows in schema ``auth`` under the
same names, and signs ES256. Mails are not sent: a local mailbox shows them. Of logins by others
there is one fake provider. Phones, MFA, captchas, hooks and limits per network address are left
out.
"""
