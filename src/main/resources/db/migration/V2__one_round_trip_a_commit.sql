-- A group commit in one round trip and at little more than half the CPU. docs/decisions.md says what each part is worth.
-- Builds two indexes of orders: on a database with many millions of them, migrate between two sales.

-- One index answers "this user's orders" and "this purchase exists"; a second one on random keys costs an order
-- 3 to 4 µs. Sums over a sale have an index whose new entries all go to one page.
create index orders_of_sale on orders (sale_id);
alter table orders
    add constraint orders_one_per_key unique (user_id, sale_id, key_hash),
    drop constraint orders_sale_id_user_id_key_hash_key;
drop index orders_of_user;

-- A foreign key runs a query a row, and locks the row it names by writing to it: a third of a commit. orders keeps
-- the same two promises with one query a statement, under the same names. sale_buyer is only written along with
-- orders, which answer for its sale.
alter table orders
    drop constraint orders_sale_id_fkey,
    drop constraint orders_user_id_fkey;
alter table sale_buyer drop constraint sale_buyer_sale_id_fkey;

create function orders_refer() returns trigger language plpgsql
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
as $$
begin
    if exists (select from written w left join users u on u.id = w.user_id where u.id is null) then
        raise foreign_key_violation using
            message = 'An order names a user who does not exist', table = 'orders', constraint = 'orders_user_id_fkey';
    end if;
    if exists (select from (select distinct sale_id from written) w left join sale s on s.id = w.sale_id
                where s.id is null) then
        raise foreign_key_violation using
            message = 'An order names a sale that does not exist', table = 'orders', constraint = 'orders_sale_id_fkey';
    end if;
    return null;
end
$$;

create trigger orders_refer after insert on orders
    referencing new table as written for each statement execute function orders_refer();

-- The other side of both: what an order names stays, and an order keeps naming it.
create function ordered_rows_stay() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'orders' then
        raise foreign_key_violation using
            message = 'An order keeps its user and its sale', table = 'orders', constraint = 'orders_keep_their_names';
    elsif (tg_table_name = 'users' and exists (select from orders where user_id = old.id))
        or (tg_table_name = 'sale' and exists (select from orders where sale_id = old.id)) then
        raise foreign_key_violation using
            message = format('There are orders of row %s of %s', old.id, tg_table_name),
            table = 'orders', constraint = format('orders_%s_id_fkey', rtrim(tg_table_name, 's'));
    end if;
    return null;
end
$$;

create trigger orders_keep_their_names after update of user_id, sale_id on orders for each row
    when (new.user_id <> old.user_id or new.sale_id <> old.sale_id) execute function ordered_rows_stay();
create trigger ordered_users_stay after delete on users for each row execute function ordered_rows_stay();
create trigger ordered_sales_stay after delete on sale for each row execute function ordered_rows_stay();

-- Makes orders of those holds of one sale and epoch that are neither buried nor ordered already, and answers how many
-- they were; none if the epoch is another. Fails as a whole when one of them breaks a guard. Called as a statement of
-- its own it is a transaction: it is committed when it answers.
create function commit_holds(
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
                returning user_id, quantity
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
