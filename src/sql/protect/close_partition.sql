alter table :target enable row level security;
alter table :target force row level security;
revoke all on :target from public, :holders;
