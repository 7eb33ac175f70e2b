-- The book of record. Redis admits buyers quickly; what is written here decides.
-- Every CHECK below is a promise that holds even when Redis has lost, forgotten or invented data.

create table users (
    id            bigint generated always as identity primary key,
    username      text        not null unique check (username ~ '^[A-Za-z0-9._-]{3,64}$'),
    -- Null for load-test buyers: nobody can log in to them with a password.
    password_hash text,
    role          text        not null default 'USER' check (role in ('USER', 'OPS')),
    created_at    timestamptz not null default now()
);

create table sale (
    id             bigint generated always as identity primary key,
    name           text        not null check (length(name) between 1 and 200),
    price_cents    bigint      not null check (price_cents >= 0),
    currency       text        not null check (currency ~ '^[A-Z]{3}$'),
    starts_at      timestamptz not null,
    ends_at        timestamptz not null check (ends_at > starts_at),
    per_user_limit integer     not null check (per_user_limit > 0),
    paused         boolean     not null default false,
    created_at     timestamptz not null default now()
);

-- One row a sale. Every commit, release, restock and reseed locks it first: it is the only serializer of a sale.
create table sale_counter (
    sale_id      bigint primary key references sale,
    stock        bigint not null check (stock >= 0),
    -- Never oversell: the unit after the last one violates this line, whatever Redis says.
    sold         bigint not null default 0 constraint never_oversell check (sold between 0 and stock),
    -- Grows by one each time Redis is seeded; commits and releases of an older epoch are refused.
    epoch        bigint not null default 0,
    -- The Redis process the epoch was seeded into (its run_id); another process may hold older data.
    redis_run_id text,
    -- COLD: never seeded. SEEDING: an epoch is being written to Redis, any node may resume it.
    -- OPEN: Redis holds the epoch. SUSPECT: Redis admitted more than there is; closed until reseeded.
    phase        text   not null default 'COLD' check (phase in ('COLD', 'SEEDING', 'OPEN', 'SUSPECT'))
);

-- What each buyer has bought in a sale.
create table sale_buyer (
    sale_id    bigint  not null references sale,
    user_id    bigint  not null,
    units      integer not null,
    unit_limit integer not null,
    primary key (sale_id, user_id),
    -- The per-user limit holds over retries, devices, replicas and Redis loss.
    constraint per_user_limit check (units between 0 and unit_limit)
);

-- Rows are never deleted. The id is the operation id of the purchase: the same user, sale and key give the same id.
create table orders (
    id            uuid primary key,
    sale_id       bigint      not null references sale,
    user_id       bigint      not null references users,
    quantity      integer     not null check (quantity > 0),
    amount_cents  bigint      not null check (amount_cents >= 0),
    currency      text        not null,
    state         text        not null check (state in ('PENDING_PAYMENT', 'PAYING', 'PAID', 'SHIPPED', 'COMPLETED',
                                                        'CANCELLED', 'EXPIRED', 'REFUNDING', 'REFUNDED')),
    state_version integer     not null default 1,
    -- Idempotency that survives the loss of Redis: a second tap with this key finds this row.
    key_hash      bytea       not null,
    body_hash     bytea       not null,
    -- The hold in Redis this order was made from: tells a repeated commit of one hold from a second hold.
    hold_epoch    bigint      not null,
    hold_seq      bigint      not null,
    created_at    timestamptz not null default now(),
    pay_before    timestamptz not null,
    unique (sale_id, user_id, key_hash)
);
create index orders_of_user on orders (user_id, created_at desc);

-- Holds that were given up. Written before the hold's units return to sale, under the counter row's lock,
-- so that a commit that arrives late cannot make an order of units somebody else may already have.
create table hold_tombstone (
    order_id   uuid        not null,
    hold_epoch bigint      not null,
    hold_seq   bigint      not null,
    sale_id    bigint      not null references sale,
    user_id    bigint      not null,
    quantity   integer     not null check (quantity > 0),
    reason     text        not null,
    created_at timestamptz not null default now(),
    primary key (order_id, hold_epoch, hold_seq)
);
create index hold_tombstone_of_user on hold_tombstone (sale_id, user_id);

-- Taps whose call to Redis was not answered in time: their buyers were told 202 PENDING, and may ask any node what
-- became of them. Nothing can happen to them after not_after.
create table unanswered_tap (
    order_id   uuid primary key,
    sale_id    bigint      not null references sale,
    user_id    bigint      not null,
    not_after  timestamptz not null
);
create index unanswered_tap_of_user on unanswered_tap (sale_id, user_id);

-- Every change of stock by hand, with its reason. Applied to Redis in id order, each once.
create table stock_ledger (
    id         bigint generated always as identity primary key,
    sale_id    bigint      not null references sale,
    quantity   bigint      not null check (quantity <> 0),
    reason     text        not null,
    actor      bigint      not null references users,
    epoch      bigint      not null,
    created_at timestamptz not null default now(),
    -- Null until Redis has it (or a later epoch was seeded with it included).
    applied_at timestamptz
);
create index stock_ledger_pending on stock_ledger (sale_id, id) where applied_at is null;

-- Who did what, when: one entry for every call under /api/ops, refused ones included.
create table ops_action (
    id          bigint generated always as identity primary key,
    actor       bigint      not null references users,
    action      text        not null,
    target      text        not null,
    detail      text        not null default '',
    outcome     text        not null,
    request_id  text        not null,
    occurred_at timestamptz not null default now()
);
