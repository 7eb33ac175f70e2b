-- What version of a sale is the newest, how well each node serves it, and how much of the service is degraded because of it.

-- Grows with everything operations can change of a sale; its stock and what is sold are not part of it.
alter table sale add column version bigint not null default 1;

create function sale_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    return new;
end
$$;

create trigger sale_version before update on sale for each row
    when ((old.name, old.price_cents, old.currency, old.starts_at, old.ends_at, old.per_user_limit, old.paused)
          is distinct from
          (new.name, new.price_cents, new.currency, new.starts_at, new.ends_at, new.per_user_limit, new.paused))
    execute function sale_version();

-- The level all nodes agreed on, in one row. Redis has the same; of two that differ the one with the larger seq counts.
create table degradation (
    one    boolean     primary key default true check (one),
    seq    bigint      not null,
    level  text        not null check (level in ('NONE', 'L1', 'L2', 'L3')),
    reason text        not null,
    since  timestamptz not null,
    -- The seq with which operations last ordered every node to read all sales anew.
    sync   bigint      not null
);
insert into degradation (seq, level, reason, since, sync) values (0, 'NONE', 'Nothing has happened yet.', now(), 0);

-- Every state that was ever agreed on, each once, whoever brings it here how often.
create table degradation_change (
    seq      bigint      not null,
    level    text        not null,
    reason   text        not null,
    since    timestamptz not null,
    noted_at timestamptz not null default now(),
    primary key (seq, level)
);

-- Where nodes report while Redis is away.
create table node_heartbeat (
    node text        primary key,
    beat text        not null,
    at   timestamptz not null
);

-- An action without an actor is the service's own.
alter table ops_action alter column actor drop not null;

-- Reports, forgets who has been silent for so long, and answers all reports. Without a node it only looks; without a beat
-- the node leaves.
create function node_beat(of_node text, what text, silent_ms bigint)
    returns table (node text, age_ms bigint, beat text) language plpgsql volatile as $$
#variable_conflict use_column
declare
    now_is timestamptz := clock_timestamp();
begin
    if what <> '' then
        insert into node_heartbeat as h (node, beat, at) values (of_node, what, now_is)
            on conflict (node) do update set beat = excluded.beat, at = excluded.at;
    end if;
    delete from node_heartbeat h
     where h.at < now_is - silent_ms * interval '1 ms' or (what = '' and h.node = of_node);
    return query
        select h.node, greatest(0, (extract(epoch from now_is - h.at) * 1000)::bigint), h.beat
          from node_heartbeat h order by h.node;
end
$$;

-- Takes a state if it is newer than the one that stands, or as new and graver, notes the change, and answers what stands
-- then. May be repeated.
create function agree_degradation(
    new_seq bigint, new_level text, why text, since_ms bigint, new_sync bigint, by_node text)
    returns setof degradation language plpgsql volatile as $$
declare
    graver constant text[] := array['NONE', 'L1', 'L2', 'L3'];
    standing degradation;
begin
    select d.* into strict standing from degradation d for update;
    if new_seq > standing.seq or (new_seq = standing.seq
                and array_position(graver, new_level) > array_position(graver, standing.level)) then
        update degradation d
           set seq = new_seq, level = new_level, reason = why, sync = new_sync,
               since = to_timestamp(since_ms / 1000.0);
        insert into degradation_change (seq, level, reason, since)
            values (new_seq, new_level, why, to_timestamp(since_ms / 1000.0)) on conflict do nothing;
        if found and new_level <> standing.level then
            insert into ops_action (actor, action, target, detail, outcome, request_id)
                values (null, 'degradation', 'level/' || new_level, why, 'done', by_node);
        end if;
    end if;
    return query select d.* from degradation d;
end
$$;
