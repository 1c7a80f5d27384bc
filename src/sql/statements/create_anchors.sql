-- In another database than the log's: checkpoints that were pinned there. Safe to run again.
create schema if not exists daybook_anchors;
create table if not exists daybook_anchors.checkpoints (
    organization_id uuid not null,
    size bigint not null,
    note text collate "C" not null,
    pinned_at timestamptz not null default clock_timestamp(),
    pinned_by text collate "C" not null default session_user,
    primary key (organization_id, size, note)
);
