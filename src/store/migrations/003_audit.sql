-- The audit trail's own tables: what it is about, who outside the database vouches for it, what lies beside it.

-- What an entry is about, out of its text, so that it can be found; the text alone counts. Null where the
-- text cannot be read (jsonb takes no NUL, no half characters): that must never keep an entry from being written.
create function audit_about(entry_text text) returns jsonb immutable language plpgsql as $$
declare
  body jsonb;
begin
  body := entry_text::jsonb;
  return jsonb_build_object(
    'at', body ->> 'at', 'kind', body ->> 'kind', 'action', body ->> 'action', 'subject', body ->> 'subject',
    'user', body #>> '{actor,user}', 'incident', body ->> 'incident', 'plan', body ->> 'plan');
exception when others then
  return null;
end $$;

-- Generated, so that it cannot differ from the text.
alter table audit_entry add column about jsonb generated always as (audit_about(text)) stored;
create index audit_entry_at on audit_entry ((about ->> 'at'), seq);
create index audit_entry_kind on audit_entry ((about ->> 'kind'), seq);
create index audit_entry_subject on audit_entry ((about ->> 'subject'), seq);
create index audit_entry_user on audit_entry ((about ->> 'user'), seq);
create index audit_entry_incident on audit_entry ((about ->> 'incident'), seq);
create index audit_entry_plan on audit_entry ((about ->> 'plan'), seq);

-- The only way in, with the owner's rights: the application may not even add an entry of its own making, with
-- a sequence or hash that would fork the chain or bring it to its end.
alter function audit_append(integer, text, text) security definer;
alter function audit_append(integer, text, text) set search_path = spillway, pg_temp;

-- The head of the trail as it was given to a place outside this database. One row per place.
create table audit_anchor (
  instance text not null,
  seq bigint not null check (seq > 0),
  hash text not null,
  at timestamptz not null,
  place text not null check (place in ('slack', 'file', 'second')),
  -- Where it can be read: channel/ts, or the file. Null until it is there.
  reference text,
  placed_at timestamptz,
  -- Why it is not there yet.
  problem text,
  -- With the hash, so that what is anchored anew after a change never takes the place of what was anchored before.
  primary key (place, seq, hash)
);
create index audit_anchor_made on audit_anchor (at desc, seq desc);
create index audit_anchor_placed on audit_anchor (seq desc) where reference is not null;
create index audit_anchor_pending on audit_anchor (place, seq) where reference is null;

create function keep_anchor() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.reference is null
    and (new.instance, new.seq, new.hash, new.at, new.place) = (old.instance, old.seq, old.hash, old.at, old.place)
  then return new; end if;
  raise exception 'anchors stay: % on audit_anchor refused', tg_op;
end $$;
create trigger anchor_rows_stay before update or delete on audit_anchor
  for each row execute function keep_anchor();
create trigger anchor_table_stays before truncate on audit_anchor
  for each statement execute function refuse_change();

-- What entries name by salted hash only, so that it can be erased without breaking the chain.
create table audit_payload (
  id uuid primary key,
  -- sha256(salt || content), hex.
  hash text not null,
  -- Goes with the content: who had it could try out what the content was.
  salt bytea,
  content bytea,
  made_at timestamptz not null,
  erased_at timestamptz,
  check ((salt is null) = (content is null)),
  check ((content is null) = (erased_at is not null))
);

create function keep_payload() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.content is not null and new.content is null
    and (new.id, new.hash, new.made_at) = (old.id, old.hash, old.made_at)
  then return new; end if;
  raise exception 'payloads can be erased, not changed: % on audit_payload refused', tg_op;
end $$;
create trigger payload_rows_stay before update or delete on audit_payload
  for each row execute function keep_payload();
create trigger payload_table_stays before truncate on audit_payload
  for each statement execute function refuse_change();

-- How far the trail was verified by the clock, so that the next time goes on from there.
create table audit_check (
  name text primary key check (name = 'scheduled'),
  seq bigint not null,
  hash text not null,
  at timestamptz not null,
  -- When it was last verified from the first entry on.
  full_at timestamptz not null,
  -- What was found and announced, so that it is announced once.
  faults jsonb not null
);
