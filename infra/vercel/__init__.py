"""The dashboard as Vercel builds it: by Vercel's own command line, without an account."""
