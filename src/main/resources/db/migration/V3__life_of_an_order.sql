-- What becomes of an order after it was made: its moves, what each of them leaves behind, and what is still to be done.

alter table orders
    -- When the order came into its state: what waits too long for the next one is found by this.
    add column changed_at timestamptz not null default now(),
    add column tracking_number text,
    -- Null while the goods are here. What was handed over does not return to sale with the money.
    add column shipped_at timestamptz,
    -- Whether its units went back to sale. Not told by the state alone: a refund may come before or after.
    add column returned boolean not null default false,
    add constraint units_return_once check (not returned or state in ('CANCELLED', 'EXPIRED', 'REFUNDING', 'REFUNDED'));

-- Its new entries follow each other on one page, as pay_before does.
create index orders_unpaid on orders (pay_before) where state = 'PENDING_PAYMENT';

-- One row a change of state, written with it, and never changed afterwards.
create table order_state_snapshot (
    order_id      uuid        not null,
    state_version integer     not null check (state_version > 0),
    state         text        not null,
    prev_state    text,
    -- What caused the change; the same event has one effect. The event that makes an order is its purchase, whose id
    -- is the order's: unique by the primary key, so that the index below is no work for a burst.
    event_id      uuid        not null check (state_version > 1 or event_id = order_id),
    occurred_at   timestamptz not null,
    metadata      jsonb       not null default '{}',
    primary key (order_id, state_version)
);
create unique index one_effect_per_event on order_state_snapshot (event_id) where state_version > 1;

insert into order_state_snapshot (order_id, state_version, state, event_id, occurred_at)
select o.id, 1, 'PENDING_PAYMENT', o.id, o.created_at from orders o;

create function snapshots_stay() returns trigger language plpgsql as $$
begin
    raise integrity_constraint_violation using
        message = 'A snapshot of an order is never changed', table = 'order_state_snapshot', constraint = 'snapshots_stay';
end
$$;
create trigger snapshots_stay before update or delete or truncate on order_state_snapshot
    for each statement execute function snapshots_stay();

-- Snapshots that other systems have not been told of; a row goes when it was told. Positions of one order rise with its
-- versions, because both are given under the order's row lock.
create table outbox (
    position      bigint generated always as identity primary key,
    order_id      uuid        not null,
    state_version integer     not null,
    attempts      integer     not null default 0,
    last_error    text,
    retry_at      timestamptz,
    -- Given up until somebody asks for it again; later events of this order wait behind it.
    dead_at       timestamptz
);

-- What has to happen to an order by itself: written with the move that makes it necessary, done by any node.
create table order_task (
    id         bigint generated always as identity primary key,
    order_id   uuid        not null references orders,
    -- PAYMENT: ask the provider what became of a charge. REFUND: give the money back. TRACKING: a shipment without a
    -- tracking number is none. LATE_PAYMENT: money came for an order that was over.
    kind       text        not null check (kind in ('PAYMENT', 'REFUND', 'TRACKING', 'LATE_PAYMENT')),
    -- Also the lease: whoever takes the task puts it off first, so that another node takes it if this one dies.
    due_at     timestamptz not null,
    attempts   integer     not null default 0,
    last_error text,
    -- Given up until somebody asks for it again.
    dead_at    timestamptz,
    created_at timestamptz not null default now(),
    unique (order_id, kind)
);
create index order_task_due on order_task (due_at) where dead_at is null;

-- Money. Written before the provider is called; the order's id is the provider's idempotency key.
create table payment (
    order_id     uuid primary key references orders,
    amount_cents bigint      not null check (amount_cents >= 0),
    currency     text        not null,
    state        text        not null check (state in ('REQUESTED', 'CAPTURED', 'DECLINED', 'REFUNDING', 'REFUNDED')),
    -- The provider's name for the charge, once known.
    provider_ref text,
    created_at   timestamptz not null default now(),
    changed_at   timestamptz not null default now()
);

-- The ledger now also holds units that orders gave back. An entry's quantity is what Redis may sell more (or less)
-- because of it. Entries of one sale are written under its counter row's lock, so their ids are committed in order.
alter table stock_ledger
    alter column actor drop not null,
    -- The order that gave the units back, and the version of it that did: once.
    add column order_id uuid references orders,
    add column order_version integer,
    -- Whose allowance grows again by the quantity.
    add column user_id bigint,
    add constraint who_or_what check (actor is not null or order_id is not null);
create unique index stock_ledger_of_order on stock_ledger (order_id, order_version) where order_id is not null;

-- Moves one order, in one round trip. Whoever needs more in the same transaction calls it first: the lock order is
-- counter row, then order.
--   UNKNOWN   there is no such order
--   REPEATED  this event had its effect before; nothing changed
--   ILLEGAL   the order is in no state the move begins in, or another version of it was expected, or it is too early
--             or too late for it; nothing changed
--   CLOSED    the move gives or takes units, and the sale is being reconciled: try again in seconds; nothing changed
--   MOVED     done
-- Every answer but UNKNOWN and CLOSED comes with the order as it stands.
create function move_order(
    of_order uuid, from_states text[], to_state text, event uuid, note jsonb,
    -- 'BEFORE' or 'AFTER' the end of the time to pay, or null: by the clock of this server once the order is locked.
    deadline text,
    -- 'RETURN' gives the units back if the order still has them and they are here; 'TAKE' takes them again; or null.
    units text,
    expected_version integer, tracking text,
    out outcome text, out moved orders)
    language plpgsql volatile
    -- Planned by index from the first day on, as commit_holds is.
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
declare
    of_sale bigint;
    counter sale_counter;
    later timestamptz;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise invalid_transaction_state using message = 'move_order needs read committed';
    end if;
    select o.sale_id into of_sale from orders o where o.id = of_order;
    if not found then
        outcome := 'UNKNOWN';
        return;
    end if;
    if units is not null then
        select c.* into counter from sale_counter c where c.sale_id = of_sale for no key update;
        if counter.phase <> 'OPEN' then
            outcome := 'CLOSED';
            return;
        end if;
    end if;
    select o.* into moved from orders o where o.id = of_order for no key update;
    if exists (select from order_state_snapshot s where s.event_id = event and s.state_version > 1) then
        outcome := 'REPEATED';
        return;
    end if;
    later := clock_timestamp();
    if moved.state <> all (from_states)
        or moved.state_version <> coalesce(expected_version, moved.state_version)
        or (deadline = 'BEFORE' and moved.pay_before <= later)
        or (deadline = 'AFTER' and moved.pay_before > later) then
        outcome := 'ILLEGAL';
        return;
    end if;
    if units = 'RETURN' and not moved.returned and moved.shipped_at is null then
        update sale_buyer b set units = b.units - moved.quantity where b.sale_id = of_sale and b.user_id = moved.user_id;
        update sale_counter c set sold = c.sold - moved.quantity where c.sale_id = of_sale;
        insert into stock_ledger (sale_id, quantity, reason, epoch, order_id, order_version, user_id)
        values (of_sale, moved.quantity, lower(to_state), counter.epoch, of_order, moved.state_version + 1, moved.user_id);
        moved.returned := true;
    elsif units = 'TAKE' and moved.returned then
        update sale_buyer b set units = b.units + moved.quantity where b.sale_id = of_sale and b.user_id = moved.user_id;
        update sale_counter c set sold = c.sold + moved.quantity where c.sale_id = of_sale;
        moved.returned := false;
    end if;
    insert into order_state_snapshot (order_id, state_version, state, prev_state, event_id, occurred_at, metadata)
    values (of_order, moved.state_version + 1, to_state, moved.state, event, later, note);
    insert into outbox (order_id, state_version) values (of_order, moved.state_version + 1);
    update orders o
       set state = to_state, state_version = o.state_version + 1, changed_at = later, returned = moved.returned,
           shipped_at = case to_state when 'SHIPPED' then later when 'PAID' then null else o.shipped_at end,
           tracking_number = case to_state when 'SHIPPED' then tracking when 'PAID' then null else o.tracking_number end
     where o.id = of_order
    returning o.* into moved;
    outcome := 'MOVED';
end
$$;

-- Expires unpaid orders of one sale whose time is over, the oldest first and no more than given, in one round trip;
-- answers how many. Any number of nodes may call it at once: who finds the sale or an order locked leaves it to whoever
-- has it. None while the sale is being reconciled.
create function expire_orders(of_sale bigint, most integer) returns bigint
    language plpgsql volatile
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
declare
    counter sale_counter;
    at timestamptz;
    expired bigint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise invalid_transaction_state using message = 'expire_orders needs read committed';
    end if;
    select c.* into counter from sale_counter c where c.sale_id = of_sale and c.phase = 'OPEN'
       for no key update skip locked;
    if not found then
        return 0;
    end if;
    at := clock_timestamp();
    with due as (
        select o.id from orders o
         where o.state = 'PENDING_PAYMENT' and o.pay_before <= at and o.sale_id = of_sale
         order by o.pay_before limit most for no key update skip locked
    ), changed as (
        update orders o
           set state = 'EXPIRED', state_version = o.state_version + 1, changed_at = at, returned = true
          from due where o.id = due.id
        returning o.id, o.user_id, o.quantity, o.state_version
    ), noted as (
        insert into order_state_snapshot (order_id, state_version, state, prev_state, event_id, occurred_at, metadata)
        select c.id, c.state_version, 'EXPIRED', 'PENDING_PAYMENT', gen_random_uuid(), at, '{"reason": "unpaid"}'
          from changed c
    ), told as (
        insert into outbox (order_id, state_version) select c.id, c.state_version from changed c
    ), returned as (
        insert into stock_ledger (sale_id, quantity, reason, epoch, order_id, order_version, user_id)
        select of_sale, c.quantity, 'expired', counter.epoch, c.id, c.state_version, c.user_id from changed c
    ), allowed as (
        update sale_buyer b set units = b.units - g.units
          from (select c.user_id, sum(c.quantity) as units from changed c group by c.user_id) g
         where b.sale_id = of_sale and b.user_id = g.user_id
    ), counted as (
        update sale_counter c set sold = c.sold - g.units
          from (select sum(c.quantity) as units from changed c) g
         where c.sale_id = of_sale and g.units is not null
    )
    select count(*) into expired from changed;
    return expired;
end
$$;

-- As V2 has it, and each new order leaves its first snapshot and a row for other systems.
-- Makes orders of those holds of one sale and epoch that are neither buried nor ordered already, and answers how many
-- they were; none if the epoch is another. Fails as a whole when one of them breaks a guard. Called as a statement of
-- its own it is a transaction: it is committed when it answers.
create or replace function commit_holds(
    of_sale bigint, of_epoch bigint,
    ids uuid[], users bigint[], quantities integer[], seqs bigint[], key_hashes text[], body_hashes text[],
    pay_within_ms bigint,
    out epoch bigint, out placed bigint, out price_cents bigint, out currency text, out at timestamptz)
    language plpgsql volatile
    -- Planned once, for a batch of any size: by index whatever size the tables had that day.
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    user_limit integer;
    units bigint;
    -- Ids that are orders already; looked for only when one is met.
    ordered uuid[] := '{}';
begin
    -- Elsewhere the second statement would see what the first one saw, and miss what was buried while it waited.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise invalid_transaction_state using message = 'commit_holds needs read committed';
    end if;

    -- A statement of its own: one that locks and reads would read what stood before it waited for the lock.
    select c.epoch, 0, s.price_cents, s.currency, now(), s.per_user_limit
      into epoch, placed, price_cents, currency, at, user_limit
      from sale_counter c join sale s on s.id = c.sale_id
     where c.sale_id = of_sale for no key update of c;
    if not found then
        raise no_data_found using message = format('No counter row for sale %s', of_sale);
    end if;
    if commit_holds.epoch <> of_epoch then
        return;
    end if;

    loop
        -- A block of its own costs a batch microseconds. Asking for conflicts first, as "on conflict" does, costs every
        -- order a look into every unique index, for what only happens when a commit is repeated.
        begin
            -- Rows are grouped by user (one user twice in a multi-row upsert fails it) and locked in user order.
            with tap as (
                select * from unnest(ids, users, quantities, seqs, key_hashes, body_hashes)
                    as t(id, user_id, quantity, seq, key_hash, body_hash)
            ), written as (
                insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state, key_hash, body_hash,
                                    hold_epoch, hold_seq, pay_before)
                select t.id, of_sale, t.user_id, t.quantity, t.quantity * commit_holds.price_cents,
                       commit_holds.currency, 'PENDING_PAYMENT', decode(t.key_hash, 'hex'),
                       decode(t.body_hash, 'hex'), of_epoch, t.seq, commit_holds.at + pay_within_ms * interval '1 ms'
                  from tap t
                 where t.id <> all (ordered)
                   and not exists (select from hold_tombstone d
                                    where d.order_id = t.id and d.hold_epoch = of_epoch and d.hold_seq = t.seq)
                 order by t.user_id, t.id
                returning id, user_id, quantity
            ), noted as (
                insert into order_state_snapshot (order_id, state_version, state, event_id, occurred_at)
                select w.id, 1, 'PENDING_PAYMENT', w.id, commit_holds.at from written w
            ), told as (
                insert into outbox (order_id, state_version) select w.id, 1 from written w
            ), bought as (
                insert into sale_buyer (sale_id, user_id, units, unit_limit)
                select of_sale, w.user_id, sum(w.quantity), user_limit
                  from written w group by w.user_id order by w.user_id
                on conflict (sale_id, user_id) do update set units = sale_buyer.units + excluded.units
            )
            select count(*), coalesce(sum(quantity), 0) into placed, units from written;
            exit;
        exception when unique_violation then
            if ordered <> '{}' then
                raise;
            end if;
            ordered := array(select o.id from orders o where o.id = any (ids));
            if ordered = '{}' then
                raise;
            end if;
        end;
    end loop;

    -- Not in the block above: a row that is locked outside of it and changed inside becomes a multixact.
    update sale_counter c set sold = c.sold + units where c.sale_id = of_sale;
end
$$;
