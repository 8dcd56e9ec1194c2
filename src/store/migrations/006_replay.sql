-- Replays: jobs put in line again in waves, each watched and judged before the next, with what became of every job.

-- The first canary's messages; a replay has a card of its own.
delete from message where content ->> 'kind' = 'canary';

alter table plan
  -- Set when a replay had this plan made, which that replay's own confirmation covered: once per step of it.
  add column replays_plan_id uuid references plan (id),
  add column replay_step text,
  -- The fence up to which attempts ended by themselves: those after it are counted.
  add column attempts_base integer not null default 0,
  add constraint plan_replay_step check ((replays_plan_id is null) = (replay_step is null)),
  add unique (replays_plan_id, replay_step);

alter table plan_slice
  add column wave integer check (wave >= 0),
  -- Its ids are those of rows of the vault.
  add column in_vault boolean not null default false;

-- Which queue an alert is about, and the replay during which it began.
alter table alert
  add column system text,
  add column queue text,
  add column replay_plan bigint references plan (number),
  add column replay_wave integer,
  add constraint alert_of_replay check ((replay_plan is null) = (replay_wave is null));
create index alert_firing_on on alert (system, queue, starts_at) where status = 'firing';
-- A preview that is forgotten asks whether an alert names it.
create index alert_named on alert (replay_plan) where replay_plan is not null;

create table replay (
  plan_id uuid primary key references plan (id),
  system text not null,
  queue text not null,
  state text not null default 'running' check (state in ('running', 'held', 'halting', 'halted', 'done')),
  -- The one that is under way.
  wave integer not null default 0 check (wave >= 0),
  reason text,
  by_team_id text,
  by_user_id text,
  is_held_by_person boolean not null default false,
  position text,
  baseline jsonb not null,
  live jsonb not null,
  gates jsonb not null default '[]',
  -- Gates that a person let it go on in spite of.
  ignored text[] not null default '{}',
  began_at timestamptz not null,
  ended_at timestamptz,
  seen_at timestamptz not null,
  check ((by_team_id is null) = (by_user_id is null)),
  check (state not in ('halted', 'done') or ended_at is not null)
);
create index replay_of_queue on replay (system, queue, began_at desc);
-- Two at once could not tell whose doing it is when the queue gets worse.
create unique index replay_one_under_way on replay (system, queue) where state not in ('halted', 'done');

create table replay_wave (
  plan_id uuid not null references replay (plan_id),
  wave integer not null check (wave >= 0),
  size integer not null check (size > 0),
  began_at timestamptz,
  -- When its last job was put in line.
  fed_at timestamptz,
  verdict text check (verdict in ('promote', 'hold', 'halt')),
  judged_at timestamptz,
  judged_by_team_id text,
  judged_by_user_id text,
  words text,
  skipped integer not null default 0 check (skipped >= 0),
  -- Its jobs by what became of them: counted by the database itself, as is when the latest was put in line.
  fed integer not null default 0,
  open integer not null default 0,
  completed integer not null default 0,
  known integer not null default 0,
  fresh integer not null default 0,
  unseen integer not null default 0,
  returned integer not null default 0,
  put_at timestamptz,
  primary key (plan_id, wave),
  check (fed_at is null or began_at is not null),
  check (fed + skipped = 0 or began_at is not null),
  check (fed + skipped <= size),
  check ((verdict is null) = (judged_at is null) and (verdict is null) = (words is null)),
  check ((judged_by_team_id is null) = (judged_by_user_id is null)),
  -- What is not in line yet was not seen to do well.
  check (verdict is distinct from 'promote' or fed_at is not null)
);

-- The same counts for jobs that failed alike before, where somebody looked at them.
create table replay_stratum (
  plan_id uuid not null,
  wave integer not null,
  stratum integer not null,
  completed integer not null,
  failed integer not null,
  primary key (plan_id, wave, stratum),
  foreign key (plan_id, wave) references replay_wave (plan_id, wave)
);

-- The ledger. That its wave exists is checked once a statement, below: row by row it costs as much as the rows.
create table replay_job (
  plan_id uuid not null,
  wave integer not null,
  -- The order in which they were put in line.
  seq bigint generated always as identity,
  job_id text collate "C" not null,
  -- Ids may be longer than an index holds.
  job_digest uuid not null generated always as (md5(job_id)::uuid) stored,
  -- Its id in the plan's slices.
  key text collate "C" not null,
  stratum integer,
  outcome text not null default 'open' check (outcome in ('open', 'completed', 'failed', 'unseen', 'returned')),
  -- Of what it failed with, and whether these jobs had failed like that before.
  shape text,
  is_known boolean,
  put_at timestamptz not null,
  ended_at timestamptz,
  primary key (plan_id, job_digest),
  check ((outcome = 'open') = (ended_at is null)),
  check ((outcome = 'failed') = (is_known is not null)),
  check (outcome = 'failed' or shape is null)
);
create index replay_job_of_wave on replay_job (plan_id, wave, outcome, seq);

create function replay_refuses() returns trigger language plpgsql as $$
begin
  raise exception '% of replay % cannot change like that', tg_argv[0], new.plan_id using errcode = 'check_violation';
end $$;

create trigger replay_begins before insert on replay for each row
  when (new.state <> 'running' or new.wave <> 0) execute function replay_refuses('the beginning');
create trigger replay_moves before update on replay for each row
  when (old.state <> new.state and (old.state, new.state) not in (
    ('running', 'held'), ('held', 'running'), ('running', 'halting'), ('held', 'halting'), ('halting', 'halted'),
    ('running', 'done')))
  execute function replay_refuses('the state');
create trigger replay_ends_once before update on replay for each row
  when (old.ended_at is not null and old.ended_at is distinct from new.ended_at)
  execute function replay_refuses('the end');
create trigger replay_goes_forward before update on replay for each row
  when (new.wave < old.wave) execute function replay_refuses('the wave');

create trigger wave_judged_once before update on replay_wave for each row
  when (old.verdict in ('promote', 'halt')
    and (old.verdict, old.judged_at, old.judged_by_team_id, old.judged_by_user_id, old.words)
      is distinct from (new.verdict, new.judged_at, new.judged_by_team_id, new.judged_by_user_id, new.words))
  execute function replay_refuses('a verdict');
create trigger wave_keeps_times before update on replay_wave for each row
  when ((old.began_at is not null and old.began_at is distinct from new.began_at)
    or (old.fed_at is not null and old.fed_at is distinct from new.fed_at))
  execute function replay_refuses('the course of a wave');
create trigger wave_skips_more before update on replay_wave for each row
  when (new.skipped < old.skipped) execute function replay_refuses('a count');

create function wave_in_order() returns trigger language plpgsql as $$
begin
  if not exists (
    select from replay_wave where plan_id = new.plan_id and wave = new.wave - 1 and verdict = 'promote'
  ) then
    raise exception 'wave % of replay % comes before its turn', new.wave, new.plan_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger wave_in_order before insert or update on replay_wave for each row
  when (new.wave > 0 and new.began_at is not null) execute function wave_in_order();

create trigger replay_job_begins before insert on replay_job for each row
  when (new.outcome <> 'open') execute function replay_refuses('a job');
-- What was not seen to end may turn out to have ended.
create trigger replay_job_ends_once before update on replay_job for each row
  when ((old.outcome, new.outcome) not in (
    ('open', 'completed'), ('open', 'failed'), ('open', 'unseen'), ('open', 'returned'),
    ('unseen', 'completed'), ('unseen', 'failed'), ('unseen', 'returned')))
  execute function replay_refuses('a job');

-- Keeps a wave's numbers, with the owner's rights: the application cannot write them.
create function replay_counts_in() returns trigger language plpgsql security definer
  set search_path = spillway, pg_temp as $$
begin
  update replay_wave w set fed = w.fed + change.jobs, open = w.open + change.jobs,
    put_at = greatest(w.put_at, change.put_at)
  from (select plan_id, wave, count(*) jobs, max(put_at) put_at from entered group by 1, 2) change
  where w.plan_id = change.plan_id and w.wave = change.wave;
  if exists (
    select from (select distinct plan_id, wave from entered) of_wave
    where not exists (select from replay_wave w where w.plan_id = of_wave.plan_id and w.wave = of_wave.wave)
  ) then
    raise exception 'a job without its wave' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger replay_counts_in after insert on replay_job
  referencing new table as entered for each statement execute function replay_counts_in();

create function replay_counts_on() returns trigger language plpgsql security definer
  set search_path = spillway, pg_temp as $$
begin
  update replay_wave w set
    open = w.open + change.open,
    completed = w.completed + change.completed,
    known = w.known + change.known,
    fresh = w.fresh + change.fresh,
    unseen = w.unseen + change.unseen,
    returned = w.returned + change.returned
  from (
    select plan_id, wave,
      coalesce(sum(jobs) filter (where outcome = 'open'), 0) open,
      coalesce(sum(jobs) filter (where outcome = 'completed'), 0) completed,
      coalesce(sum(jobs) filter (where outcome = 'failed' and is_known), 0) known,
      coalesce(sum(jobs) filter (where outcome = 'failed' and not is_known), 0) fresh,
      coalesce(sum(jobs) filter (where outcome = 'unseen'), 0) unseen,
      coalesce(sum(jobs) filter (where outcome = 'returned'), 0) returned
    from (
      select plan_id, wave, outcome, is_known, 1 jobs from entered
      union all select plan_id, wave, outcome, is_known, -1 from was
    ) both_sides group by 1, 2
  ) change where w.plan_id = change.plan_id and w.wave = change.wave;
  -- Completed and failed are ends: nothing is ever taken off.
  insert into replay_stratum as s (plan_id, wave, stratum, completed, failed)
  select plan_id, wave, stratum, count(*) filter (where outcome = 'completed'), count(*) filter (where outcome = 'failed')
  from entered where stratum is not null and outcome in ('completed', 'failed') group by 1, 2, 3
  on conflict (plan_id, wave, stratum) do update
    set completed = s.completed + excluded.completed, failed = s.failed + excluded.failed;
  return null;
end $$;
create trigger replay_counts_on after update on replay_job
  referencing old table as was new table as entered for each statement execute function replay_counts_on();

-- Notes how jobs ended; gives how many of these are the replay's. One after the other, so that where a row was found
-- is where it is. Each is looked up by its key: without statistics the planner takes the jobs of a replay for few, and
-- would read all of them to find some.
create function replay_note(
  of_plan uuid, ids text[], outcomes text[], shapes text[], are_known boolean[], ats timestamptz[]
) returns bigint language plpgsql
  set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  ours bigint;
begin
  perform from replay where plan_id = of_plan for no key update;
  with found as materialized (
    select seen.*, job.place, job.was
    from unnest(ids, outcomes, shapes, are_known, ats) as seen (id, outcome, shape, is_known, at), lateral (
      select ctid as place, outcome as was from replay_job where plan_id = of_plan and job_digest = md5(seen.id)::uuid offset 0
    ) job
  ), noted as (
    update replay_job job
    set outcome = found.outcome, shape = found.shape, is_known = found.is_known, ended_at = found.at
    from found
    where job.ctid = found.place and (found.was = 'open' or (found.was = 'unseen' and found.outcome <> 'unseen'))
  )
  select count(*) into ours from found;
  return ours;
end $$;
