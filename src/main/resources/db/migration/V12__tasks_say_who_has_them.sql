-- A task whose due_at is still to come is either left to the node that took it, or waits after a failure. Only the second may
-- be hurried.
alter table order_task
    -- Set by whoever takes the task, until he notes how it ended; means nothing once due_at is over.
    add column leased boolean not null default false;
