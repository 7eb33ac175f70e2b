-- Unpaid orders are looked for sale by sale: a sale that is being reconciled keeps its own, and must not be searched
-- through for those of the others. Within a sale new entries still follow each other.
drop index orders_unpaid;
create index orders_unpaid on orders (sale_id, pay_before) where state = 'PENDING_PAYMENT';

-- As V3 has it, but it tells which orders it expired, as whoever watches one must hear of it.
drop function expire_orders(bigint, integer);

-- Expires unpaid orders of one sale whose time is over, the oldest first and no more than given, in one round trip;
-- answers with them as they are now. Any number of nodes may call it at once: who finds the sale or an order locked
-- leaves it to whoever has it. None while the sale is being reconciled.
create function expire_orders(of_sale bigint, most integer) returns setof orders
    language plpgsql volatile
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $$
declare
    counter sale_counter;
    at timestamptz;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise invalid_transaction_state using message = 'expire_orders needs read committed';
    end if;
    select c.* into counter from sale_counter c where c.sale_id = of_sale and c.phase = 'OPEN'
       for no key update skip locked;
    if not found then
        return;
    end if;
    at := clock_timestamp();
    return query
    with due as (
        select o.id from orders o
         where o.state = 'PENDING_PAYMENT' and o.pay_before <= at and o.sale_id = of_sale
         order by o.pay_before limit most for no key update skip locked
    ), changed as (
        update orders o
           set state = 'EXPIRED', state_version = o.state_version + 1, changed_at = at, returned = true
          from due where o.id = due.id
        returning o.*
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
    select c.* from changed c;
end
$$;
