-- Plans about jobs, slice by slice, and the vault: where jobs live that left their queue.

-- Which jobs a plan is about, as shown: filter, number, digest over the ids, options.
alter table plan add column jobs jsonb;
-- The last checkpoint of its execution: bulk work is given up for want of progress, not for its length.
alter table plan add column progressed_at timestamptz;
alter table plan_queue add column jobs integer;

-- A plan's jobs, explicit, in the order of dealing with them. A slice is a checkpoint.
create table plan_slice (
  plan_id uuid not null references plan (id) on delete cascade,
  position integer not null check (position >= 0),
  system text not null,
  queue text not null,
  -- Where the jobs were when the plan was made; they are left alone anywhere else.
  job_state text not null
    check (job_state in ('waiting', 'prioritized', 'delayed', 'active', 'failed', 'completed')),
  -- Ids in the queue, or of rows of the vault.
  job_ids text[] not null check (cardinality(job_ids) between 1 and 1000),
  -- Set right before the first change: from here on the system may hold an answer that we do not know yet.
  begun_at timestamptz,
  state text not null default 'open' check (state in ('open', 'done', 'returned')),
  skipped jsonb not null default '{}',
  skipped_count integer not null default 0 check (skipped_count between 0 and cardinality(job_ids)),
  renamed jsonb not null default '{}',
  ended_at timestamptz,
  primary key (plan_id, position),
  foreign key (plan_id, system, queue) references plan_queue (plan_id, system, queue) on delete cascade,
  check ((state = 'open') = (ended_at is null)),
  -- What was begun is never called untouched.
  check (state <> 'returned' or (begun_at is null and skipped_count = 0))
);
create index plan_slice_open on plan_slice (plan_id, position) where state = 'open';
create index plan_slice_begun on plan_slice (plan_id, position) where state = 'open' and begun_at is not null;

create function slice_refuses() returns trigger language plpgsql as $$
begin
  raise exception 'slice % of plan % stays as it is', old.position, old.plan_id using errcode = 'check_violation';
end $$;
create trigger slice_ends_once before update on plan_slice for each row
  when (old.state <> 'open') execute function slice_refuses();
create trigger slice_begins_once before update on plan_slice for each row
  when (old.begun_at is distinct from new.begun_at and old.begun_at is not null) execute function slice_refuses();

-- What is confirmed is what was shown: nothing is added afterwards.
create function slices_are_shown() returns trigger language plpgsql as $$
begin
  if exists (
    select from plan where id in (select plan_id from added) and state <> 'planned'
  ) then
    raise exception 'a plan gets no more jobs once it is confirmed' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger slices_are_shown after insert on plan_slice
  referencing new table as added for each statement execute function slices_are_shown();

create sequence vault_number;
create table vault_set (
  id uuid primary key,
  number bigint not null unique,
  plan_id uuid not null references plan (id),
  system text not null,
  queue text not null,
  queue_tier text not null,
  incident_id bigint references incident (id),
  team_id text not null,
  user_id text not null,
  label text not null,
  reason text,
  made_at timestamptz not null,
  kept_until timestamptz,
  warned_at timestamptz,
  -- Its jobs by state, and the size of the contents that are here: counted by the database itself.
  copied integer not null default 0,
  held integer not null default 0,
  releasing integer not null default 0,
  released integer not null default 0,
  discarded integer not null default 0,
  expired integer not null default 0,
  forgotten integer not null default 0,
  kept_bytes bigint not null default 0,
  unique (plan_id, system, queue)
);
create index vault_set_of_queue on vault_set (system, queue, made_at desc);
create index vault_set_made on vault_set (made_at desc);

-- References to the set and to the job are checked once a statement, below: row by row they cost as much as the rows.
create table vault_job (
  id bigint generated always as identity primary key,
  set_id uuid not null,
  job_id text collate "C" not null,
  type text not null,
  from_state text not null,
  added_at timestamptz,
  -- When it completed or failed.
  finished_at timestamptz,
  -- As the queue has them: anything that is a number.
  attempts double precision not null,
  priority double precision not null,
  error text,
  payload_hash text not null,
  digest text not null,
  size_bytes integer not null,
  -- Of the content that is here; 0 where none is.
  kept_bytes integer not null check (kept_bytes >= 0),
  state text not null default 'copied'
    check (state in ('copied', 'held', 'releasing', 'released', 'discarded', 'expired', 'forgotten')),
  -- The plan that releases, released or discarded it.
  out_plan_id uuid references plan (id),
  new_id text,
  out_at timestamptz,
  unique (set_id, job_id),
  check ((state in ('releasing', 'released', 'discarded')) = (out_plan_id is not null)),
  check (state not in ('held', 'releasing') or kept_bytes > 0),
  check (state not in ('discarded', 'expired', 'forgotten') or kept_bytes = 0)
);
-- No index on set_id alone: without statistics the planner would read a whole set to find a slice of it.
create index vault_job_held on vault_job (set_id, id) where state = 'held';
-- A page of a set through that index, also right after a great many jobs came in and before the table was analyzed.
create function vault_held_page(of_set uuid, after_id bigint, most integer) returns setof bigint stable language sql
  set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off as $$
  select id from vault_job
  where (set_id, id) > (of_set, after_id) and set_id <= of_set and state = 'held' order by set_id, id limit most
$$;
create index vault_job_oldest on vault_job (set_id, coalesce(finished_at, added_at)) where state = 'held';

-- Apart, so that a job's state changes without writing its payload again.
create table vault_content (
  vault_job_id bigint primary key,
  content text not null
);
-- It is read whole or not at all.
alter table vault_content alter column content set storage main;

create function vault_refuses() returns trigger language plpgsql as $$
begin
  raise exception 'job % of the vault is % and stays what it is', old.id, old.state using errcode = 'check_violation';
end $$;
create function vault_begins() returns trigger language plpgsql as $$
begin
  raise exception 'a job enters the vault as a copy, not as %', new.state using errcode = 'check_violation';
end $$;

create trigger vault_job_begins before insert on vault_job for each row
  when (new.state <> 'copied') execute function vault_begins();
create trigger vault_job_moves before update on vault_job for each row
  when (old.state <> new.state and (old.state, new.state) not in (
    ('copied', 'held'), ('copied', 'forgotten'), ('held', 'releasing'), ('releasing', 'released'), ('releasing', 'held'),
    ('held', 'discarded'), ('held', 'expired')))
  execute function vault_refuses();
-- One plan releases it; what is over is over.
create trigger vault_job_leaves_once before update on vault_job for each row
  when (old.out_plan_id <> new.out_plan_id) execute function vault_refuses();
-- A copy goes when the queue has the job after all; nothing else does.
create trigger vault_job_stays before delete on vault_job for each row
  when (old.state <> 'copied') execute function vault_refuses();

-- Row by row through the key: a plan that was made while the table was small would read all of it ever after.
create function vault_content_has_job() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (
    select from entered where not exists (select from vault_job where id = vault_job_id)
  ) then
    raise exception 'content without its job' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger vault_content_has_job after insert on vault_content
  referencing new table as entered for each statement execute function vault_content_has_job();

create function vault_content_stays() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from was join vault_job on id = vault_job_id where kept_bytes > 0) then
    raise exception 'the vault has a job of this content' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger vault_content_stays after delete on vault_content
  referencing old table as was for each statement execute function vault_content_stays();

-- Keeps a set's numbers, with the owner's rights: the application cannot write them. What is deleted takes its
-- content along.
create function vault_counts() returns trigger language plpgsql security definer
  set search_path = spillway, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if tg_op = 'INSERT' then
    update vault_set set copied = vault_set.copied + change.jobs, kept_bytes = vault_set.kept_bytes + change.bytes
    from (select set_id, count(*) jobs, sum(kept_bytes) bytes from entered group by 1) change where id = set_id;
    if exists (select from (select distinct set_id from entered) sets where not exists (select from vault_set where id = set_id)) then
      raise exception 'a job without its set' using errcode = 'foreign_key_violation';
    end if;
  elsif tg_op = 'DELETE' then
    update vault_set set copied = vault_set.copied - change.jobs, kept_bytes = vault_set.kept_bytes - change.bytes
    from (select set_id, count(*) jobs, sum(kept_bytes) bytes from was group by 1) change where id = set_id;
    delete from vault_content where vault_job_id in (select id from was);
  else
    update vault_set set
      copied = vault_set.copied + coalesce(change.copied, 0),
      held = vault_set.held + coalesce(change.held, 0),
      releasing = vault_set.releasing + coalesce(change.releasing, 0),
      released = vault_set.released + coalesce(change.released, 0),
      discarded = vault_set.discarded + coalesce(change.discarded, 0),
      expired = vault_set.expired + coalesce(change.expired, 0),
      forgotten = vault_set.forgotten + coalesce(change.forgotten, 0),
      kept_bytes = vault_set.kept_bytes + change.bytes
    from (
      select set_id,
        sum(jobs) filter (where state = 'copied') copied,
        sum(jobs) filter (where state = 'held') held,
        sum(jobs) filter (where state = 'releasing') releasing,
        sum(jobs) filter (where state = 'released') released,
        sum(jobs) filter (where state = 'discarded') discarded,
        sum(jobs) filter (where state = 'expired') expired,
        sum(jobs) filter (where state = 'forgotten') forgotten,
        sum(jobs * bytes) bytes
      from (
        select set_id, state, kept_bytes::bigint bytes, 1 jobs from entered
        union all select set_id, state, kept_bytes, -1 from was
      ) both_sides group by set_id
    ) change where id = set_id;
  end if;
  return null;
end $$;
create trigger vault_counts_in after insert on vault_job
  referencing new table as entered for each statement execute function vault_counts();
create trigger vault_counts_on after update on vault_job
  referencing old table as was new table as entered for each statement execute function vault_counts();
create trigger vault_counts_out after delete on vault_job
  referencing old table as was for each statement execute function vault_counts();
