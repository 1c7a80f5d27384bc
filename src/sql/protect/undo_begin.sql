-- All or nothing: back to what was there before.
begin;
lock table :table in access exclusive mode;
