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

-- Retention says in the log what it took out of it; the owner writes nothing else.
drop policy if exists audit_logs_retention_record on daybook.audit_logs;
create policy audit_logs_retention_record on daybook.audit_logs
    for insert to :"owner"
    with check (action in ('audit_log.drop', 'audit_log.detach') and actor_type = 'system' and actor_id = 'daybook');

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
