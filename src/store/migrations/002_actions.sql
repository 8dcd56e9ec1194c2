-- Plans of one or many queues, their approvals, and what the database itself refuses.

create sequence plan_number;
alter table plan add column number bigint;
update plan set number = nextval('plan_number');
alter table plan alter column number set not null;
alter table plan add unique (number);

-- A plan's queues, explicit, in the order of execution.
create table plan_queue (
  plan_id uuid not null references plan (id) on delete cascade,
  position integer not null,
  system text not null,
  queue text not null,
  queue_tier text not null,
  before jsonb not null,
  hold_ids uuid[] not null,
  warnings jsonb not null,
  state text not null default 'pending'
    check (state in ('pending', 'executing', 'done', 'skipped', 'failed', 'returned')),
  -- Set with the audit trail's intent entry, before the queue is touched.
  intended_at timestamptz,
  -- Set right before the queue is changed: only from here on may an attempt have left half a change.
  touched_at timestamptz,
  outcome jsonb,
  primary key (plan_id, position),
  unique (plan_id, system, queue)
);

insert into plan_queue
  (plan_id, position, system, queue, queue_tier, before, hold_ids, warnings, state, intended_at, touched_at, outcome)
select id, 0, system, queue, queue_tier, before -> 'overview',
  coalesce((select array_agg(held::uuid) from jsonb_array_elements_text(before -> 'holdIds') held), '{}'),
  coalesce(before -> 'warnings', '[]'),
  case state
    when 'done' then 'done' when 'executing' then 'executing' when 'failed' then 'failed'
    when 'planned' then 'pending' when 'confirmed' then 'pending' else 'skipped'
  end,
  intended_at, touched_at, outcome || '{"accounting": null}'
from plan;

alter table plan
  add column scope text,
  add column tier_reason text not null default '',
  add column undoes_plan_id uuid references plan (id) on delete set null,
  add column phrase text,
  -- Types, a redacted sample and a forecast, as shown.
  add column preview jsonb,
  add column approvals_needed integer not null default 0 check (approvals_needed >= 0),
  add column is_break_glass boolean not null default false,
  add column started_at timestamptz,
  add column stop_team_id text,
  add column stop_user_id text,
  add column stop_at timestamptz,
  add column reminded_at timestamptz;
update plan set scope = system || '/' || queue;
drop index plan_one_executing;
drop index plan_done;
alter table plan alter column scope set not null,
  drop column system, drop column queue, drop column queue_tier, drop column before,
  drop column intended_at, drop column touched_at,
  drop constraint plan_state_check, drop constraint plan_action_check;
alter table plan add constraint plan_state_check check
  (state in ('planned', 'requested', 'confirmed', 'executing', 'done', 'refused', 'failed', 'expired', 'cancelled'));

-- One execution per queue at a time: two that interleave could undo each other.
create unique index plan_queue_one_executing on plan_queue (system, queue) where state = 'executing';
create index plan_queue_of on plan_queue (system, queue);
create index plan_confirmed on plan (confirmed_at) where confirmed_at is not null;
create index plan_lapsing on plan (expires_at) where state in ('planned', 'requested');
create index plan_incident on plan (incident_id) where incident_id is not null;

-- What the word of another person is about: nobody approves their own plan, and nobody twice.
alter table plan add unique (id, team_id, user_id);
create table approval (
  plan_id uuid not null,
  requester_team_id text not null,
  requester_user_id text not null,
  team_id text not null,
  user_id text not null,
  verdict text not null check (verdict in ('approved', 'rejected')),
  role text not null,
  at timestamptz not null,
  -- Once each: whoever approved may still think better of it, and reject.
  primary key (plan_id, team_id, user_id, verdict),
  foreign key (plan_id, requester_team_id, requester_user_id) references plan (id, team_id, user_id),
  check ((team_id, user_id) is distinct from (requester_team_id, requester_user_id))
);

create function approval_in_time() returns trigger language plpgsql as $$
begin
  if not exists (
    select from plan where id = new.plan_id and state = 'requested' and expires_at > new.at for update
  ) then
    raise exception 'plan % does not wait for approval', new.plan_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger approval_in_time before insert on approval for each row execute function approval_in_time();

-- What one person did alone under break-glass, until somebody else signs it off.
create table review (
  plan_id uuid primary key,
  requester_team_id text not null,
  requester_user_id text not null,
  opened_at timestamptz not null,
  reminded_at timestamptz,
  signed_team_id text,
  signed_user_id text,
  signed_at timestamptz,
  foreign key (plan_id, requester_team_id, requester_user_id) references plan (id, team_id, user_id),
  check ((signed_at is null) = (signed_user_id is null)),
  check (signed_at is null or (signed_team_id, signed_user_id) is distinct from (requester_team_id, requester_user_id))
);
create index review_open on review (opened_at) where signed_at is null;

alter table hold add column reminded_at timestamptz;
-- One hold per plan and queue.
alter table hold drop constraint hold_plan_id_key;
alter table hold add unique (plan_id, system, queue);

-- The life of a plan, as domain/plan-states.ts has it. The application cannot skip a step.
create table plan_transition (
  from_state text not null,
  to_state text not null,
  primary key (from_state, to_state)
);
insert into plan_transition values
  ('planned', 'confirmed'), ('planned', 'requested'), ('planned', 'expired'),
  ('requested', 'confirmed'), ('requested', 'refused'), ('requested', 'cancelled'), ('requested', 'expired'),
  ('confirmed', 'executing'), ('executing', 'confirmed'), ('executing', 'done'), ('executing', 'refused'),
  ('executing', 'failed'), ('executing', 'cancelled');

create function plan_moves() returns trigger language plpgsql as $$
declare
  approvals integer;
begin
  if tg_op = 'INSERT' then
    if new.state = 'planned' or (new.state = 'confirmed' and new.ends_hold_id is not null) then return new; end if;
    raise exception 'a plan begins as planned, not as %', new.state using errcode = 'check_violation';
  end if;
  if new.state = old.state then return new; end if;
  if not exists (select from plan_transition where from_state = old.state and to_state = new.state) then
    raise exception 'plan % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  if new.state in ('confirmed', 'executing') and new.tier = 'T3'
    and not new.is_break_glass and new.ends_hold_id is null then
    select count(*) into approvals from approval where plan_id = new.id and verdict = 'approved';
    if new.approvals_needed < 1 or approvals < new.approvals_needed then
      raise exception 'plan % lacks the approval of another person', new.id using errcode = 'check_violation';
    end if;
  end if;
  return new;
end $$;
create trigger plan_moves before insert or update on plan for each row execute function plan_moves();

-- Buttons that plan name the queues they are for.
update button set purpose = (purpose - 'system' - 'queue') || jsonb_build_object(
  'scope', (purpose ->> 'system') || '/' || (purpose ->> 'queue'),
  'refs', jsonb_build_array(jsonb_build_object('system', purpose ->> 'system', 'queue', purpose ->> 'queue')))
where purpose ->> 'kind' = 'plan';

-- One of many queues is too long for an index of its own.
drop index button_unspent;
create unique index button_unspent on button (md5(purpose::text)) where spent_at is null;

-- A plan's cards, to render them again; the buttons on them.
create index message_of_plan on message using gin (content jsonb_path_ops);
create index button_of_plan on button ((purpose ->> 'planId')) where spent_at is null and purpose ? 'planId';
