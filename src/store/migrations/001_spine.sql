-- Everything that Spillway knows. The application role may read and write rows but own nothing.

create table delivery (
  id uuid primary key,
  source text not null,
  body bytea not null,
  body_sha256 bytea not null,
  received_at timestamptz not null,
  correlation_id text not null,
  redelivery_of uuid references delivery (id) on delete set null,
  state text not null default 'received' check (state in ('received', 'processed', 'unreadable')),
  problem text,
  -- Set when processing it failed: others are then processed without it.
  is_isolated boolean not null default false,
  -- How often processing it failed by itself.
  attempts integer not null default 0,
  finished_at timestamptz
);
create index delivery_redelivery on delivery (source, body_sha256, received_at desc);
create index delivery_twins on delivery (redelivery_of) where redelivery_of is not null;
create index delivery_open on delivery (received_at) where state = 'received';
create index delivery_unreadable on delivery (received_at desc) where state = 'unreadable';

create table incident (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('queue', 'storm')),
  key text not null,
  system text,
  queue text,
  title text not null,
  severity text not null check (severity in ('SEV1', 'SEV2', 'SEV3', 'SEV4')),
  state text not null default 'triage' check (state in ('triage', 'open', 'mitigated', 'resolved')),
  opened_at timestamptz not null,
  last_alert_at timestamptz not null,
  acked_at timestamptz,
  lead text,
  resolved_at timestamptz,
  resolved_by text,
  reopened integer not null default 0,
  storm_id bigint references incident (id),
  channel_id text unique,
  channel_name text,
  -- Of the delivery that opened it: follows the incident through the log.
  correlation_id text,
  -- When its headline was last due for fresh numbers.
  refreshed_at timestamptz,
  check ((system is null) = (queue is null)),
  check ((state = 'resolved') = (resolved_at is not null))
);
-- At most one unresolved incident per queue or group, whatever the code believes.
create unique index incident_one_unresolved on incident (key) where state <> 'resolved';
create index incident_key on incident (key, resolved_at desc);
create index incident_storm on incident (storm_id) where storm_id is not null;

create table alert (
  id bigint generated always as identity primary key,
  source text not null,
  fingerprint text not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  status text not null check (status in ('firing', 'resolved')),
  labels jsonb not null,
  annotations jsonb not null,
  source_url text,
  incident_id bigint references incident (id),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  repeats integer not null default 0,
  unique (source, fingerprint, starts_at)
);
create index alert_incident on alert (incident_id, last_seen_at desc);

create table room_step (
  incident_id bigint not null references incident (id),
  step text not null,
  position integer not null,
  state text not null default 'pending' check (state in ('pending', 'done', 'failed')),
  attempts integer not null default 0,
  problem text,
  -- Until then the step is being tried: nobody else starts it.
  leased_until timestamptz,
  planned_at timestamptz not null default now(),
  primary key (incident_id, step)
);
create index room_step_open on room_step (incident_id) where state <> 'done';

create table timeline (
  id bigint generated always as identity primary key,
  incident_id bigint not null references incident (id),
  at timestamptz not null,
  kind text not null,
  actor text,
  words text not null
);
create index timeline_incident on timeline (incident_id, id);

create table message (
  id bigint generated always as identity primary key,
  key text not null unique,
  channel text not null,
  target jsonb not null,
  content jsonb not null,
  priority smallint not null,
  wanted_version integer not null default 1,
  delivered_version integer not null default 0,
  channel_id text,
  ts text,
  rendered_hash text,
  attempted_at timestamptz,
  attempts integer not null default 0,
  -- By the clock of the processes that deliver, never the database's.
  due_at timestamptz not null,
  problem text,
  is_buried boolean not null default false
);
create index message_pending on message (channel, priority, id)
  where delivered_version < wanted_version and not is_buried;

create table button (
  token text primary key,
  purpose jsonb not null,
  made_at timestamptz not null,
  spent_at timestamptz,
  spent_by text,
  spent_words text
);
create unique index button_unspent on button (purpose) where spent_at is null;

create table plan (
  id uuid primary key,
  action text not null check (action in ('pause', 'resume')),
  system text not null,
  queue text not null,
  incident_id bigint references incident (id),
  team_id text not null,
  user_id text not null,
  tier text not null,
  queue_tier text not null,
  before jsonb not null,
  hold_ms bigint,
  reason text,
  state text not null check
    (state in ('planned', 'confirmed', 'executing', 'done', 'refused', 'failed', 'expired', 'cancelled')),
  hash text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  fence integer not null default 0,
  leased_until timestamptz,
  -- Set with the audit trail's intent entry, before the queue is touched.
  intended_at timestamptz,
  -- Set right before the queue is changed: only from here on may an attempt have left half a change.
  touched_at timestamptz,
  outcome jsonb,
  finished_at timestamptz
);
create index plan_unfinished on plan (created_at) where state in ('confirmed', 'executing');
-- One execution per queue at a time: two that interleave could undo each other.
create unique index plan_one_executing on plan (system, queue) where state = 'executing';
create index plan_done on plan (system, queue, action, finished_at desc) where state = 'done';

create table hold (
  id uuid primary key,
  plan_id uuid not null unique references plan (id),
  system text not null,
  queue text not null,
  incident_id bigint references incident (id),
  team_id text not null,
  user_id text not null,
  reason text,
  started_at timestamptz not null,
  ends_at timestamptz,
  ended_at timestamptz,
  ended_by text,
  proof text not null default 'set_not_proven' check (proof in ('held', 'set_not_proven', 'not_held'))
);
-- The plan that ends a timed hold, made once, when it is due.
alter table plan add column ends_hold_id uuid unique references hold (id);
create index hold_active on hold (system, queue) where ended_at is null;
create index hold_due on hold (ends_at) where ended_at is null and ends_at is not null;

create table control (
  name text primary key check (name = 'freeze'),
  team_id text not null,
  user_id text not null,
  reason text,
  at timestamptz not null
);

-- One row per timer and slot: the replica that inserts it runs the slot.
create table timer_claim (
  key text primary key,
  at timestamptz not null
);

create table audit_entry (
  seq bigint primary key check (seq > 0),
  version integer not null,
  instance text not null,
  text text not null,
  -- Unique, so that a chain cannot fork even if the lock below were forgotten.
  previous_hash text not null unique,
  hash text not null unique
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only: % on % refused', tg_op, tg_table_name;
end $$;
create trigger audit_rows_stay before update or delete on audit_entry
  for each row execute function refuse_change();
create trigger audit_table_stays before truncate on audit_entry
  for each statement execute function refuse_change();

-- Appends one entry. The lock lasts until the transaction ends, so this is its last statement; whoever
-- waits longer than two seconds gives up with 55P03 and nothing is written.
create function audit_append(entry_version integer, entry_instance text, entry_text text)
returns bigint language plpgsql set lock_timeout = '2s' as $$
declare
  last_seq bigint;
  last_hash text;
  next_seq bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('spillway.audit', 0));
  select seq, hash into last_seq, last_hash from audit_entry order by seq desc limit 1;
  next_seq := coalesce(last_seq, 0) + 1;
  last_hash := coalesce(last_hash, repeat('0', 64));
  insert into audit_entry (seq, version, instance, text, previous_hash, hash)
  values (
    next_seq, entry_version, entry_instance, entry_text, last_hash,
    encode(sha256(convert_to(
      last_hash || E'\n' || next_seq || E'\n' || entry_version || E'\n' || entry_instance || E'\n' || entry_text,
      'UTF8')), 'hex')
  );
  return next_seq;
end $$;

-- Stores an alert sender's body and the work it means, in one round trip and one commit. The lock is on
-- the body, so that two replicas that get the same one at once agree on which came first.
create function receive_delivery(
  new_id uuid, new_source text, new_body bytea, new_sha256 bytea, new_received_at timestamptz,
  new_correlation_id text, redelivery_ms integer
) returns void language plpgsql as $$
declare
  twin uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended(new_source || encode(new_sha256, 'hex'), 11));
  select id into twin from delivery
    where source = new_source and body_sha256 = new_sha256
      and received_at > new_received_at - make_interval(secs => redelivery_ms / 1000.0)
      and redelivery_of is null
    order by received_at desc limit 1;
  insert into delivery (id, source, body, body_sha256, received_at, correlation_id, redelivery_of)
    values (new_id, new_source, new_body, new_sha256, new_received_at, new_correlation_id, twin);
  -- Behind all other work: what a storm opened must not wait until the whole storm is read.
  perform graphile_worker.add_job(
    'process_delivery', json_build_object('deliveryId', new_id),
    job_key => 'process_delivery:' || new_id, priority => 10);
end $$;

-- The same for many bodies at once, always in the order of their locks, so that two replicas never wait for
-- each other. `perform` runs once for each row, as the subquery sorts them.
create function receive_deliveries(
  new_ids uuid[], new_sources text[], new_bodies bytea[], new_sha256s bytea[], new_received_ats timestamptz[],
  new_correlation_ids text[], redelivery_mss integer[]
) returns void language plpgsql as $$
begin
  perform receive_delivery(id, source, body, sha256, received_at, correlation_id, redelivery_ms) from (
    select * from unnest(
      new_ids, new_sources, new_bodies, new_sha256s, new_received_ats, new_correlation_ids, redelivery_mss
    ) as new (id, source, body, sha256, received_at, correlation_id, redelivery_ms)
    order by hashtextextended(source || encode(sha256, 'hex'), 11), received_at
  ) sorted;
end $$;
