-- Recovery: a checklist that is measured until everything on it was good for the whole time.

create table recovery (
  id uuid primary key,
  incident_id bigint not null references incident (id) on delete cascade,
  -- The replay whose good end began it.
  plan_id uuid references plan (id) on delete set null,
  refs jsonb not null check (jsonb_array_length(refs) > 0),
  -- Null: nobody; the alerts were resolved, or a replay ended well.
  team_id text,
  user_id text,
  state text not null default 'measuring'
    check (state in ('measuring', 'recovered', 'stopped', 'given_up')),
  for_ms bigint not null check (for_ms > 0),
  began_at timestamptz not null,
  looks integer not null default 0,
  seen_at timestamptz,
  good_ms double precision not null default 0 check (good_ms >= 0),
  since timestamptz not null,
  setback jsonb,
  is_late boolean not null default false,
  checks jsonb not null default '[]',
  tracks jsonb not null,
  ended_at timestamptz,
  ended_team_id text,
  ended_user_id text,
  check ((state = 'measuring') = (ended_at is null)),
  check ((team_id is null) = (user_id is null)),
  check ((ended_team_id is null) = (ended_user_id is null)),
  -- Nothing is called recovered before its time.
  check (state <> 'recovered' or good_ms >= for_ms)
);
-- One at a time.
create unique index recovery_of_incident on recovery (incident_id) where ended_at is null;
create index recovery_by_incident on recovery (incident_id, began_at);
create index recovery_open on recovery (seen_at) where ended_at is null;

create function recovery_refuses() returns trigger language plpgsql as $$
begin
  raise exception 'recovery % is over and stays as it is', old.id using errcode = 'check_violation';
end $$;
create trigger recovery_ends_once before update on recovery for each row
  when (old.ended_at is not null and (new.state, new.ended_at, new.checks) is distinct from (old.state, old.ended_at, old.checks))
  execute function recovery_refuses();

-- Probes with side effects that people started: each run once, whatever is clicked how often.
create table recovery_run (
  recovery_id uuid not null references recovery (id) on delete cascade,
  probe text not null,
  run integer not null check (run > 0),
  team_id text not null,
  user_id text not null,
  began_at timestamptz not null,
  -- Null: its end was not seen.
  state text check (state in ('well', 'unwell', 'unknown')),
  words text,
  ended_at timestamptz,
  primary key (recovery_id, probe, run),
  check ((state is null) = (ended_at is null) and (state is null) = (words is null))
);
