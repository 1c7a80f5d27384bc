-- Row-level security.
--
-- The organization comes from a transaction-local setting that only set_tenant() makes. Without it the comparison
-- is with null: no row can be seen or written. A local setting leaves '' behind on a reused connection, hence the
-- nullif; what is no uuid is an error. The sub-select is evaluated once a query, not once a row.
--
-- Isolation is FOR SELECT and FOR INSERT. Nothing permissive exists for UPDATE and DELETE; the restrictive policies
-- say it aloud, and hold if somebody adds one.

-- ---------------------------------------------------------------- audit_logs

alter table daybook.audit_logs enable row level security;
-- The owner is bound too, and has no policy: it sees no event.
alter table daybook.audit_logs force row level security;

drop policy if exists audit_logs_org_isolation_read on daybook.audit_logs;
create policy audit_logs_org_isolation_read on daybook.audit_logs
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists audit_logs_org_isolation_write on daybook.audit_logs;
create policy audit_logs_org_isolation_write on daybook.audit_logs
    for insert to :"app"
    with check (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

-- People who type SQL can change any setting, so theirs is signed.
drop policy if exists audit_logs_org_isolation_reader on daybook.audit_logs;
create policy audit_logs_org_isolation_reader on daybook.audit_logs
    for select to :"reader"
    using (organization_id = (select daybook.reader_organization()));

drop policy if exists audit_logs_append_only_update on daybook.audit_logs;
create policy audit_logs_append_only_update on daybook.audit_logs
    as restrictive for update
    using (false)
    with check (false);

drop policy if exists audit_logs_append_only_delete on daybook.audit_logs;
create policy audit_logs_append_only_delete on daybook.audit_logs
    as restrictive for delete
    using (false);

-- Retention says in the log what it took out of it, and a change of keys is said there; the owner writes nothing else.
drop policy if exists audit_logs_owner_record on daybook.audit_logs;
create policy audit_logs_owner_record on daybook.audit_logs
    for insert to :"owner"
    with check (action in ('audit_log.drop', 'audit_log.detach', 'audit_log.rotate_key')
                and actor_type = 'system' and actor_id = 'daybook');

-- The two tasks that read across organizations, each a role of its own.
drop policy if exists audit_logs_sealer_read on daybook.audit_logs;
create policy audit_logs_sealer_read on daybook.audit_logs
    for select to :"sealer"
    using (true);

drop policy if exists audit_logs_auditor_read on daybook.audit_logs;
create policy audit_logs_auditor_read on daybook.audit_logs
    for select to :"auditor"
    using (true);

-- ---------------------------------------------------------------- facets

alter table daybook.facets enable row level security;
alter table daybook.facets force row level security;

drop policy if exists facets_org_isolation_read on daybook.facets;
create policy facets_org_isolation_read on daybook.facets
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists facets_org_isolation_reader on daybook.facets;
create policy facets_org_isolation_reader on daybook.facets
    for select to :"reader"
    using (organization_id = (select daybook.reader_organization()));

-- Only write_facets() inserts, as the owner.
drop policy if exists facets_written_by_trigger on daybook.facets;
create policy facets_written_by_trigger on daybook.facets
    for insert to :"owner"
    with check (true);

drop policy if exists facets_append_only_update on daybook.facets;
create policy facets_append_only_update on daybook.facets
    as restrictive for update
    using (false)
    with check (false);

drop policy if exists facets_append_only_delete on daybook.facets;
create policy facets_append_only_delete on daybook.facets
    as restrictive for delete
    using (false);

drop policy if exists facets_auditor_read on daybook.facets;
create policy facets_auditor_read on daybook.facets
    for select to :"auditor"
    using (true);

-- ---------------------------------------------------------------- seal_queue, leaves, tiles, checkpoints

-- How large another organization's log is, and how fast it grows, is nobody's business: what belongs to seals is isolated as the
-- log is. The sealer is one of the two tasks that cross organizations.

alter table daybook.seal_queue enable row level security;
alter table daybook.seal_queue force row level security;

drop policy if exists seal_queue_org_isolation_read on daybook.seal_queue;
create policy seal_queue_org_isolation_read on daybook.seal_queue
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists seal_queue_auditor_read on daybook.seal_queue;
create policy seal_queue_auditor_read on daybook.seal_queue
    for select to :"auditor"
    using (true);

-- Only queue_for_seal() inserts, as the owner; retention looks at what waits, and takes it along if it is told to.
drop policy if exists seal_queue_written_by_trigger on daybook.seal_queue;
create policy seal_queue_written_by_trigger on daybook.seal_queue
    for insert to :"owner"
    with check (true);

drop policy if exists seal_queue_retention_read on daybook.seal_queue;
create policy seal_queue_retention_read on daybook.seal_queue
    for select to :"owner"
    using (true);

drop policy if exists seal_queue_retention_delete on daybook.seal_queue;
create policy seal_queue_retention_delete on daybook.seal_queue
    for delete to :"owner"
    using (true);

drop policy if exists seal_queue_sealer_read on daybook.seal_queue;
create policy seal_queue_sealer_read on daybook.seal_queue
    for select to :"sealer"
    using (true);

drop policy if exists seal_queue_sealer_done on daybook.seal_queue;
create policy seal_queue_sealer_done on daybook.seal_queue
    for delete to :"sealer"
    using (true);

-- Events that were committed and are gone go on waiting, marked.
drop policy if exists seal_queue_sealer_missed on daybook.seal_queue;
create policy seal_queue_sealer_missed on daybook.seal_queue
    for insert to :"sealer"
    with check (missed_at is not null);

alter table daybook.leaves enable row level security;
alter table daybook.leaves force row level security;

drop policy if exists leaves_org_isolation_read on daybook.leaves;
create policy leaves_org_isolation_read on daybook.leaves
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists leaves_org_isolation_reader on daybook.leaves;
create policy leaves_org_isolation_reader on daybook.leaves
    for select to :"reader"
    using (organization_id = (select daybook.reader_organization()));

drop policy if exists leaves_sealer_read on daybook.leaves;
create policy leaves_sealer_read on daybook.leaves
    for select to :"sealer"
    using (true);

drop policy if exists leaves_sealer_append on daybook.leaves;
create policy leaves_sealer_append on daybook.leaves
    for insert to :"sealer"
    with check (true);

drop policy if exists leaves_auditor_read on daybook.leaves;
create policy leaves_auditor_read on daybook.leaves
    for select to :"auditor"
    using (true);

drop policy if exists leaves_append_only_update on daybook.leaves;
create policy leaves_append_only_update on daybook.leaves
    as restrictive for update
    using (false)
    with check (false);

drop policy if exists leaves_append_only_delete on daybook.leaves;
create policy leaves_append_only_delete on daybook.leaves
    as restrictive for delete
    using (false);

alter table daybook.tiles enable row level security;
alter table daybook.tiles force row level security;

drop policy if exists tiles_org_isolation_read on daybook.tiles;
create policy tiles_org_isolation_read on daybook.tiles
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists tiles_org_isolation_reader on daybook.tiles;
create policy tiles_org_isolation_reader on daybook.tiles
    for select to :"reader"
    using (organization_id = (select daybook.reader_organization()));

drop policy if exists tiles_sealer_read on daybook.tiles;
create policy tiles_sealer_read on daybook.tiles
    for select to :"sealer"
    using (true);

drop policy if exists tiles_sealer_append on daybook.tiles;
create policy tiles_sealer_append on daybook.tiles
    for insert to :"sealer"
    with check (true);

drop policy if exists tiles_auditor_read on daybook.tiles;
create policy tiles_auditor_read on daybook.tiles
    for select to :"auditor"
    using (true);

drop policy if exists tiles_append_only_update on daybook.tiles;
create policy tiles_append_only_update on daybook.tiles
    as restrictive for update
    using (false)
    with check (false);

drop policy if exists tiles_append_only_delete on daybook.tiles;
create policy tiles_append_only_delete on daybook.tiles
    as restrictive for delete
    using (false);

alter table daybook.checkpoints enable row level security;
alter table daybook.checkpoints force row level security;

drop policy if exists checkpoints_org_isolation_read on daybook.checkpoints;
create policy checkpoints_org_isolation_read on daybook.checkpoints
    for select to :"app"
    using (organization_id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists checkpoints_org_isolation_reader on daybook.checkpoints;
create policy checkpoints_org_isolation_reader on daybook.checkpoints
    for select to :"reader"
    using (organization_id = (select daybook.reader_organization()));

drop policy if exists checkpoints_sealer_read on daybook.checkpoints;
create policy checkpoints_sealer_read on daybook.checkpoints
    for select to :"sealer"
    using (true);

drop policy if exists checkpoints_sealer_append on daybook.checkpoints;
create policy checkpoints_sealer_append on daybook.checkpoints
    for insert to :"sealer"
    with check (true);

drop policy if exists checkpoints_auditor_read on daybook.checkpoints;
create policy checkpoints_auditor_read on daybook.checkpoints
    for select to :"auditor"
    using (true);

drop policy if exists checkpoints_append_only_update on daybook.checkpoints;
create policy checkpoints_append_only_update on daybook.checkpoints
    as restrictive for update
    using (false)
    with check (false);

drop policy if exists checkpoints_append_only_delete on daybook.checkpoints;
create policy checkpoints_append_only_delete on daybook.checkpoints
    as restrictive for delete
    using (false);

-- ---------------------------------------------------------------- organizations

alter table daybook.organizations enable row level security;
alter table daybook.organizations force row level security;

drop policy if exists organizations_own on daybook.organizations;
create policy organizations_own on daybook.organizations
    for select to :"app"
    using (id = (select nullif(current_setting('app.org_id', true), '')::uuid));

drop policy if exists organizations_reader on daybook.organizations;
create policy organizations_reader on daybook.organizations
    for select to :"reader"
    using (id = (select daybook.reader_organization()));

-- FORCE binds the owner too: without these, organization_of() would find nothing and nobody could add one.
drop policy if exists organizations_owner_read on daybook.organizations;
create policy organizations_owner_read on daybook.organizations
    for select to :"owner"
    using (true);

drop policy if exists organizations_owner_add on daybook.organizations;
create policy organizations_owner_add on daybook.organizations
    for insert to :"owner"
    with check (true);

drop policy if exists organizations_owner_change on daybook.organizations;
create policy organizations_owner_change on daybook.organizations
    for update to :"owner"
    using (true)
    with check (true);

drop policy if exists organizations_system_read on daybook.organizations;
create policy organizations_system_read on daybook.organizations
    for select to :"sealer", :"auditor"
    using (true);

-- ---------------------------------------------------------------- reader_keys, reader_tickets

-- Nobody but the owner, who is bound as well: it reads the key only through functions that it owns, and no policy lets
-- it remove the record of a ticket.

alter table daybook.reader_keys enable row level security;
alter table daybook.reader_keys force row level security;

drop policy if exists reader_keys_owner on daybook.reader_keys;
create policy reader_keys_owner on daybook.reader_keys
    for all to :"owner"
    using (true)
    with check (true);

-- The first one; change_reader_key() makes others.
do $do$
begin
    if not exists (select from daybook.reader_keys) then
        perform daybook.change_reader_key();
    end if;
end
$do$;

alter table daybook.reader_tickets enable row level security;
alter table daybook.reader_tickets force row level security;

drop policy if exists reader_tickets_owner_read on daybook.reader_tickets;
create policy reader_tickets_owner_read on daybook.reader_tickets
    for select to :"owner"
    using (true);

drop policy if exists reader_tickets_owner_issue on daybook.reader_tickets;
create policy reader_tickets_owner_issue on daybook.reader_tickets
    for insert to :"owner"
    with check (true);

drop policy if exists reader_tickets_owner_withdraw on daybook.reader_tickets;
create policy reader_tickets_owner_withdraw on daybook.reader_tickets
    for update to :"owner"
    using (true)
    with check (true);
