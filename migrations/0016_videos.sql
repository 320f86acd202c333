-- Files, people's pictures, and the first half of videos: uploads, until it is known what they are.

-- Every object in the store has a row here before it is there, so that none is left behind that nobody names.
create table platform.file (
    -- Ours: area, an id, and what kind of file it is. Never a client's name.
    key text primary key check (key ~ '^[a-z_]{1,20}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[a-z0-9]{1,5}$'),
    -- pending: being put, and not named by any row yet; kept: a row names it; dropped: none does any more, and it goes.
    status text not null default 'pending' check (status in ('pending', 'kept', 'dropped')),
    created_at timestamptz not null
);

create index file_unsettled on platform.file (status, created_at) where status <> 'kept';

-- The key of their picture.
alter table accounts.person add column avatar text unique references platform.file;

comment on column accounts.person.avatar is 'pii: a picture of a person';

create schema videos;

-- Somebody sends a video. The object waits in quarantine until it is known what it is.
create table videos.upload (
    id uuid primary key,
    owner_id uuid not null references accounts.person,
    -- What it is for, in the words of who opened it: `presentation`.
    purpose text not null check (purpose ~ '^[a-z_]{1,30}$'),
    -- What its owner says it is; nothing depends on it.
    media_type text not null check (length(media_type) <= 100),
    -- How large its owner says it is, which it must be.
    size_bytes bigint not null check (size_bytes > 0),
    -- How long it may be.
    least_ms bigint not null check (least_ms >= 0),
    most_ms bigint not null check (most_ms >= least_ms),
    status text not null default 'open'
        check (status in ('open', 'received', 'checking', 'accepted', 'refused', 'aborted', 'expired')),
    -- The key of the object, as long as there is one.
    file text unique references platform.file,
    -- Why it was refused: a code.
    reason text,
    -- What was found: as long and as large as it is shown.
    duration_ms bigint,
    width integer,
    height integer,
    video_codec text,
    -- None: it is silent.
    audio_codec text,
    created_at timestamptz not null,
    -- From then on nothing is received any more.
    expires_at timestamptz not null,
    received_at timestamptz,
    settled_at timestamptz,
    constraint upload_file check ((file is not null) = (status in ('received', 'checking', 'accepted'))),
    constraint upload_reason check ((reason is not null) = (status = 'refused')),
    constraint upload_found check (
        status <> 'accepted'
        or (duration_ms is not null and width is not null and height is not null and video_codec is not null)
    )
);

create index upload_owner on videos.upload (owner_id, id);
create index upload_open on videos.upload (expires_at) where status = 'open';
create index upload_status on videos.upload (status, id);
