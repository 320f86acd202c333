-- The second half of videos: what is made of an upload that was accepted, how far that is, and who may see it.

-- What an upload becomes. Its id is public: it is in links that people share.
create table videos.video (
    id uuid primary key,
    upload_id uuid not null unique references videos.upload,
    owner_id uuid not null references accounts.person,
    purpose text not null check (purpose ~ '^[a-z_]{1,30}$'),
    -- Whether what is shown bears our mark.
    marked boolean not null,
    status text not null default 'waiting' check (status in ('waiting', 'making', 'playable', 'failed')),
    -- How far the making is: of 100, how many times as fast as it plays, and how long it takes yet.
    percent real not null default 0 check (percent between 0 and 100),
    speed real check (speed >= 0),
    left_ms bigint check (left_ms >= 0),
    -- Why nothing could be made of it: a code.
    reason text,
    -- As it is shown.
    duration_ms bigint,
    width integer,
    height integer,
    -- Who may see it: nobody but whoever works here; whoever has a link; everybody.
    visibility text not null default 'withheld' check (visibility in ('withheld', 'private', 'public')),
    -- Staff took it down, and why; whatever its visibility, nobody sees it.
    taken_down_at timestamptz,
    taken_down_reason text check (length(taken_down_reason) between 1 and 2000),
    views bigint not null default 0 check (views >= 0),
    created_at timestamptz not null,
    playable_at timestamptz,
    released_at timestamptz,
    constraint video_reason check ((reason is not null) = (status = 'failed')),
    constraint video_measured check (
        status <> 'playable'
        or (duration_ms is not null and width is not null and height is not null and playable_at is not null)
    ),
    constraint video_taken_down check ((taken_down_at is null) = (taken_down_reason is null)),
    constraint video_shown check (visibility = 'withheld' or (status = 'playable' and released_at is not null))
);

create index video_owner on videos.video (owner_id, id);
create index video_status on videos.video (status, id);

-- One object that was made of it.
create table videos.rendition (
    id uuid primary key,
    video_id uuid not null references videos.video,
    -- shown: what is played and saved; clean: the same without our mark, kept for licences; stream: one height of HLS,
    -- all its segments in one object; poster: a picture; preview: a few seconds without sound, in motion.
    kind text not null check (kind in ('shown', 'clean', 'stream', 'poster', 'preview')),
    file text not null unique references platform.file,
    size_bytes bigint not null check (size_bytes > 0),
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    -- Of a stream: where its segments are within the object, as ffmpeg wrote it, and what the list of streams says of it.
    playlist text,
    bits_per_second integer check (bits_per_second > 0),
    codecs text,
    constraint rendition_once unique (video_id, kind, height),
    constraint rendition_stream check (
        (kind = 'stream') = (playlist is not null and bits_per_second is not null and codecs is not null)
    )
);
