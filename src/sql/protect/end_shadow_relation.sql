drop policy if exists :shadow_read on :target;
drop policy if exists :shadow_write on :target;
drop policy if exists :shadow_change on :target;
drop policy if exists :shadow_remove on :target;
