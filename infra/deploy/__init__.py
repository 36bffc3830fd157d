"""One path from empty accounts at AWS, Supabase and Vercel to a deployment, and the way back."""
