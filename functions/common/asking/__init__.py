"""The filter of lists: its fields, its JSON form and its text form. Pure; SQL is the database's."""
