-- Sealing: what waits to be sealed, each organization's Merkle tree, and its signed checkpoints. docs/seal_format.md says what
-- the bytes are. Policies, triggers, functions and grants are in repeatable/.

-- One row for each statement that wrote events, made by a trigger in the same transaction: an event is committed with its
-- place in the queue, or not at all, so that none is missed, in whatever order transactions commit. Comparing transaction ids
-- instead would cost the writer nothing, and miss events behind a restored dump or on several servers. The sealer deletes what it sealed.
create table daybook.seal_queue (
    organization_id uuid not null,
    id uuid not null,  -- the least of ids
    ids uuid[] not null,
    recorded_at timestamptz not null,
    -- When the sealer looked for these events, and they were not in the log.
    missed_at timestamptz,
    -- The same event again, with another time: one that was lost, and that its program has written anew.
    primary key (organization_id, id, recorded_at)
);
comment on table daybook.seal_queue is 'Events that are committed and not yet sealed';

-- In the order of the tree. A row holds up to 256 leaves, and does not reach beyond a multiple of 256: rows are only appended,
-- so that a log that grows by one event at a time has rows of one. Ids and hashes belong together, place by place.
create table daybook.leaves (
    organization_id uuid not null,
    first bigint not null check (first >= 0),
    ids uuid[] not null,
    hashes bytea not null,
    -- Of ids; they need not be in order.
    least_id uuid not null,
    greatest_id uuid not null,
    primary key (organization_id, first),
    constraint leaves_width check (cardinality(ids) between 1 and 256
                                   and octet_length(hashes) = 32 * cardinality(ids)
                                   and first / 256 = (first + cardinality(ids) - 1) / 256)
);
comment on table daybook.leaves is 'The leaves of each organization''s Merkle tree, and the events that they are hashes of';
-- Where is the leaf of an event? Among the rows that end with its id or a later one, and begin with it or an earlier one.
create index leaves_id on daybook.leaves (organization_id, greatest_id, least_id);

-- Roots of full tiles, as tlog-tiles defines them; level 0 are the leaves. Rows as in leaves.
create table daybook.tiles (
    organization_id uuid not null,
    level smallint not null check (level between 1 and 7),
    first bigint not null check (first >= 0),
    hashes bytea not null,
    primary key (organization_id, level, first),
    constraint tiles_width check (octet_length(hashes) between 32 and 32 * 256
                                  and octet_length(hashes) % 32 = 0
                                  and first / 256 = (first + octet_length(hashes) / 32 - 1) / 256)
);
comment on table daybook.tiles is 'The upper levels of each organization''s Merkle tree';

create table daybook.checkpoints (
    organization_id uuid not null,
    size bigint not null check (size > 0),
    note text collate "C" not null,
    primary key (organization_id, size)
);
comment on table daybook.checkpoints is 'Signed notes: how large a log was, and the root of its tree';

-- Hashes do not compress, and ids hardly.
alter table daybook.leaves alter column ids set storage external, alter column hashes set storage external;
alter table daybook.tiles alter column hashes set storage external;

-- Rows come and go: vacuum by number, not by share.
alter table daybook.seal_queue set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Sizes of other organizations' logs stay out of the planner's statistics, which show in EXPLAIN; every statement finds its rows by
-- a primary key.
do $do$
declare
    v_column record;
begin
    for v_column in
        select a.attrelid::regclass as relation, a.attname
        from pg_attribute a
        where a.attrelid in ('daybook.seal_queue'::regclass, 'daybook.leaves'::regclass, 'daybook.tiles'::regclass,
                             'daybook.checkpoints'::regclass)
          and a.attnum > 0
    loop
        execute format('alter table %s alter column %I set statistics 0', v_column.relation, v_column.attname);
    end loop;
end
$do$;
