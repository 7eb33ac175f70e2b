-- Without anybody in operations only SQL gives the role again. So it is taken from a user in here: of two users who take it from
-- each other at the same moment one must find that he is the last.

-- Answers what came of it: 'done', 'unknown' (no such user) or 'last'.
create function withdraw_ops(of_user bigint) returns text language plpgsql volatile as $$
begin
    -- Whoever else withdraws waits here. What follows are statements of their own: they see what the others did meanwhile.
    perform from users where role = 'OPS' order by id for no key update;
    if exists (select from users where id = of_user and role = 'OPS')
            and not exists (select from users where role = 'OPS' and id <> of_user) then
        return 'last';
    end if;
    update users set role = 'USER' where id = of_user;
    return case when found then 'done' else 'unknown' end;
end
$$;

-- Few of many: buyers need not be looked at.
create index users_ops on users (id) where role = 'OPS';
