-- Throttles: holds that slow a queue rather than stop it.

-- What a plan is to slow its queues to, for how long after a pause, and what that leaves of each one's pace.
alter table plan add column throttle jsonb;

alter table hold
  add column kind text not null default 'pause' check (kind in ('pause', 'throttle')),
  -- The limits that it asks for, and those of before the first of several.
  add column wanted jsonb,
  add column former jsonb,
  -- Of the queue's pace when it was planned; null where nobody could say.
  add column share double precision check (share between 0 and 1),
  add constraint hold_of_kind
    check ((kind = 'throttle') = (wanted is not null) and (wanted is null) = (former is null));

-- A pause that ends in a throttle sets both.
alter table hold drop constraint hold_plan_id_system_queue_key;
alter table hold add unique (plan_id, system, queue, kind);
