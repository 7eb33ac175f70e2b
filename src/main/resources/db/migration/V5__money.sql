-- Money, and what an order's state leaves to be done.

alter table payment
    -- The hold a late payment was honoured with: tells whoever meets this hold after a crash that it did its work.
    add column hold_epoch bigint,
    add column hold_seq bigint;
create index payment_honoured on payment (hold_seq) where hold_seq is not null;

-- Written here and not by whoever moves an order, so that no way into these states can forget it. A task that was given
-- up begins anew.
create function order_leaves_work() returns trigger language plpgsql as $$
begin
    if new.state = 'REFUNDING' then
        update payment set state = 'REFUNDING', changed_at = now() where order_id = new.id and state <> 'REFUNDED';
    end if;
    -- A shipment is due at once too: whoever takes its task puts it off for as long as is configured.
    insert into order_task (order_id, kind, due_at)
    values (new.id, case new.state when 'REFUNDING' then 'REFUND' else 'TRACKING' end, now())
    on conflict (order_id, kind) do update set due_at = now(), attempts = 0, last_error = null, dead_at = null;
    return null;
end
$$;

create trigger order_leaves_work after update of state on orders for each row
    when (old.state <> new.state
        and (new.state = 'REFUNDING' or (new.state = 'SHIPPED' and new.tracking_number is null)))
    execute function order_leaves_work();
