-- Order events on their way to other systems, what one node at a time does, and repairs of stock.

-- Who does what should be done by one node at a time. A lease and no lock: a node that stalls loses it without knowing,
-- so whatever is done under it must stay right when two do it at once.
create table duty (
    name   text        primary key,
    holder uuid        not null,
    until  timestamptz not null
);

-- Whether the node has the duty now, for at least half of the time it asks for. Writes only when less is left.
create function take_duty(of_name text, by_node uuid, for_ms bigint) returns boolean language plpgsql volatile as $$
declare
    at timestamptz := clock_timestamp();
    standing duty;
begin
    select d.* into standing from duty d where d.name = of_name;
    if standing.holder = by_node and standing.until > at + for_ms * interval '0.5 ms' then
        return true;
    elsif standing.holder <> by_node and standing.until > at then
        return false;
    end if;
    insert into duty as d (name, holder, until) values (of_name, by_node, at + for_ms * interval '1 ms')
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
        where d.holder = by_node or d.until <= at;
    return found;
end
$$;

-- The few rows that could not be told yet: later events of their orders wait behind them. No row of a burst is in it.
create index outbox_stuck on outbox (order_id, position) where attempts > 0 or dead_at is not null;
create index order_task_dead on order_task (dead_at) where dead_at is not null;

-- Rows come and go. Vacuumed by how many went and not by how many are left; never cut short, because that takes a lock
-- no purchase can wait for.
alter table outbox set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = off);

-- One for each batch of events: Redis refuses a batch with a smaller number than the last one it took.
create sequence outbox_batch;

-- The next events to be told, in order, none of an order that waits behind one of its own; nothing for a node that does
-- not have the duty. A row whose snapshot or order is missing comes with nulls.
create function take_outbox(by_node uuid, lease_ms bigint, most integer)
    returns table (batch bigint, place bigint, of_order uuid, version integer, tries integer,
                   state text, prev_state text, event_id uuid, occurred_at timestamptz,
                   sale_id bigint, user_id bigint, quantity integer, amount_cents bigint, currency text)
    language plpgsql volatile
    -- In the order of the primary key and by index, whatever size the tables had when this was planned.
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    if not take_duty('outbox', by_node, lease_ms) then
        return;
    end if;
    return query
    with due as materialized (
        select x.position, x.order_id, x.state_version, x.attempts from outbox x
         where x.dead_at is null and (x.retry_at is null or x.retry_at <= clock_timestamp())
           and not exists (select from outbox e
                            where e.order_id = x.order_id and e.position < x.position
                              and (e.attempts > 0 or e.dead_at is not null)
                              and (e.dead_at is not null or e.retry_at > clock_timestamp()))
         order by x.position limit most
    ), number as materialized (
        select nextval('outbox_batch') as n where exists (select from due)
    )
    select b.n, d.position, d.order_id, d.state_version, d.attempts,
           s.state, s.prev_state, s.event_id, s.occurred_at,
           o.sale_id, o.user_id, o.quantity, o.amount_cents, o.currency
      from number b cross join due d
      left join order_state_snapshot s on s.order_id = d.order_id and s.state_version = d.state_version
      left join orders o on o.id = d.order_id
     order by d.position;
end
$$;

-- These events were told.
create function outbox_told(positions bigint[]) returns void language plpgsql volatile
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
begin
    delete from outbox x where x.position = any (positions);
end
$$;

-- An event could not be told: later, twice as late each time, and after so many attempts only when somebody asks.
create function outbox_failed(at bigint, why text, most_attempts integer, first_ms bigint, longest_ms bigint)
    returns timestamptz language sql volatile as $$
    update outbox x
       set attempts = x.attempts + 1, last_error = left(why, 500),
           retry_at = clock_timestamp() + least(longest_ms, first_ms * 2 ^ x.attempts) * interval '1 ms',
           dead_at = case when x.attempts + 1 >= most_attempts then clock_timestamp() end
     where x.position = at
    returning x.dead_at
$$;

-- For a Redis that lost the stream: everything that happened to orders changed since then, from the beginning of each,
-- once more. Consumers know what they have had. Holds up moves of orders and purchases for as long as it takes.
create function tell_again(since timestamptz) returns bigint language plpgsql volatile as $$
declare
    told bigint;
begin
    lock table outbox in exclusive mode;
    create temporary table again on commit drop as
        select o.id from orders o where o.changed_at >= since;
    delete from outbox x using again a where x.order_id = a.id;
    insert into outbox (order_id, state_version)
    select s.order_id, s.state_version from order_state_snapshot s join again a on a.id = s.order_id
     -- As it happened, and should the clock have gone back: each order's versions still in their order.
     order by max(s.occurred_at) over (partition by s.order_id order by s.state_version), s.order_id, s.state_version;
    get diagnostics told = row_count;
    return told;
end
$$;

-- A repair of what Redis has may also be nobody's.
alter table stock_ledger
    drop constraint who_or_what,
    add constraint who_or_what check (actor is not null or order_id is not null or reason like 'repair%');
-- The last entry of a sale: asked for by audits, repairs and each new epoch.
create index stock_ledger_of_sale on stock_ledger (sale_id, id);
