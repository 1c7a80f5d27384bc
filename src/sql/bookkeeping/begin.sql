-- Applies Daybook :'version'. Run this as the owner's role, :"owner", all of it or nothing.
\ir ../statements/begin_administration.sql
