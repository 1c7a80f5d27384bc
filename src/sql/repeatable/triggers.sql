-- Triggers. ENABLE ALWAYS, since session_replication_role = replica skips ordinary ones.

-- Row-level security makes an UPDATE without a policy touch nothing, silently, and TRUNCATE does not ask it at all.
-- A statement trigger is loud, and holds for the owner too.
create or replace trigger append_only
    before update or delete or truncate on daybook.audit_logs
    for each statement execute function daybook.refuse_change();
alter table daybook.audit_logs enable always trigger append_only;

create or replace trigger append_only
    before update or delete or truncate on daybook.facets
    for each statement execute function daybook.refuse_change();
alter table daybook.facets enable always trigger append_only;

create or replace trigger append_only
    before update or delete or truncate on daybook.leaves
    for each statement execute function daybook.refuse_change();
alter table daybook.leaves enable always trigger append_only;

create or replace trigger append_only
    before update or delete or truncate on daybook.tiles
    for each statement execute function daybook.refuse_change();
alter table daybook.tiles enable always trigger append_only;

create or replace trigger append_only
    before update or delete or truncate on daybook.checkpoints
    for each statement execute function daybook.refuse_change();
alter table daybook.checkpoints enable always trigger append_only;

-- What waits is taken away when it is sealed, and never altered.
create or replace trigger append_only
    before update or truncate on daybook.seal_queue
    for each statement execute function daybook.refuse_change();
alter table daybook.seal_queue enable always trigger append_only;

-- A ticket can be withdrawn, and its record stays.
create or replace trigger append_only
    before delete or truncate on daybook.reader_tickets
    for each statement execute function daybook.refuse_change();
alter table daybook.reader_tickets enable always trigger append_only;

-- Once a statement: finding the partition of each facet anew costs more than the facet.
create or replace trigger write_facets
    after insert on daybook.audit_logs
    referencing new table as fresh
    for each statement
    execute function daybook.write_facets();
alter table daybook.audit_logs enable always trigger write_facets;

create or replace trigger queue_for_seal
    after insert on daybook.audit_logs
    referencing new table as fresh
    for each statement
    execute function daybook.queue_for_seal();
alter table daybook.audit_logs enable always trigger queue_for_seal;

select daybook.add_default_partitions();
