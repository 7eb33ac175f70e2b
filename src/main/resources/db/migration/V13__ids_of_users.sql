-- A standby that takes over without the last registrations would give their ids again, and a token or a session outlives its
-- user: it would be good for the stranger who gets the id. So the ids are moved on once for each history of PostgreSQL, before
-- the first user is registered in it, whichever node does it, and also where somebody registers users by hand.

-- One row: the history in which ids of users are given.
create table user_ids (
    one     boolean primary key default true check (one),
    history text not null
);
insert into user_ids (history) values (postgres_history());

-- Further than anybody registers in what a failover, or a backup of some hours ago, can lose; and there are 2^63 of them.
create function user_ids_of_this_history() returns trigger language plpgsql volatile as $$
begin
    if exists (select from user_ids where history = postgres_history()) then
        return null;
    end if;
    -- Others who noticed as well wait here, and find it done.
    perform from user_ids for no key update;
    if exists (select from user_ids where history = postgres_history()) then
        return null;
    end if;
    perform setval('users_id_seq', greatest(i.last_value, (select max(id) from users)) + 1000000) from users_id_seq i;
    update user_ids set history = postgres_history();
    return null;
end
$$;

-- Before the statement, and so before it takes a number.
create trigger user_ids_of_this_history before insert on users
    for each statement execute function user_ids_of_this_history();
