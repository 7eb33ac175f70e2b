-- What PostgreSQL says of its own past. Redis remembers numbers PostgreSQL gave (the last ledger entry of a sale, its epoch);
-- a standby that takes over without the last commits gives them again, for other things.

-- The cluster, and the timeline it writes: another after every promotion, point-in-time recovery and restore of a dump. Null
-- on a standby, which writes none. By the log's own position and not by pg_control_checkpoint(), which names the old timeline
-- until the first checkpoint after a promotion. Any user may ask for both.
create function postgres_history() returns text language sql volatile as $$
    select case when not pg_is_in_recovery() then
        (select system_identifier from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) end
$$;

-- In which history the sale was last seeded (or, before, entered). In another one what Redis has of it means nothing.
alter table sale_counter add column history text not null default postgres_history();
