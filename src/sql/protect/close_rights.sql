-- The table's owner is bound by the policies too.
alter table :table enable row level security;
alter table :table force row level security;

-- No policy is asked about TRUNCATE. Who may refer to the table learns which keys exist, of every organization; who may make
-- a trigger runs code as whoever writes.
:kept_grants
revoke all on :table from public;
revoke truncate, references, trigger on :table from :holders;
