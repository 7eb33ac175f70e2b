-- Replaces take_outbox of V8: while it takes a number nobody sets the numbers, so that none is ever given twice.

-- The next events to be told, in order, none of an order that waits behind one of its own; nothing for a node that does
-- not have the duty. A row whose snapshot or order is missing comes with nulls.
create or replace function take_outbox(by_node uuid, lease_ms bigint, most integer)
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
declare
    -- One moment for all rows: by a clock that is read for each, an event whose time to be tried again came between two
    -- readings was not due yet, and the one behind it did not wait for it any more.
    moment timestamptz := clock_timestamp();
begin
    if not take_duty('outbox', by_node, lease_ms) then
        return;
    end if;
    perform pg_advisory_xact_lock_shared('outbox_batch'::regclass::oid::bigint);
    return query
    with due as materialized (
        select x.position, x.order_id, x.state_version, x.attempts from outbox x
         where x.dead_at is null and (x.retry_at is null or x.retry_at <= moment)
           and not exists (select from outbox e
                            where e.order_id = x.order_id and e.position < x.position
                              and (e.attempts > 0 or e.dead_at is not null)
                              and (e.dead_at is not null or e.retry_at > moment))
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

-- Batches are numbered beyond this one from now on, never below what was given. Setting a sequence is no addition: between
-- reading its value and setting it another node could take numbers, which would then be given again. So whoever sets it is
-- alone: a number is either taken before the value is read here, and so not above it, or after it is set.
create function number_outbox_beyond(last bigint) returns void language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock('outbox_batch'::regclass::oid::bigint);
    perform setval('outbox_batch', greatest(b.last_value, last)) from outbox_batch b;
end
$$;

-- These events were told: by position and order, because a standby that took over since they were read may have given
-- their positions to events nobody has told.
create function outbox_told(positions bigint[], orders uuid[]) returns void language plpgsql volatile
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
as $$
begin
    delete from outbox x using unnest(positions, orders) as t(position, order_id)
     where x.position = t.position and x.order_id = t.order_id;
end
$$;
