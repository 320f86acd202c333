-- What staff takes down is not read from that moment on, whoever has a link to it.

alter table platform.file drop constraint file_status_check;
-- hidden: a row names it, and nobody may read it.
alter table platform.file add constraint file_status_check check (status in ('pending', 'kept', 'hidden', 'dropped'));

drop index platform.file_unsettled;
create index file_unsettled on platform.file (status, created_at) where status in ('pending', 'dropped');

-- What everybody may see of a person's, newest first.
create index video_public on videos.video (owner_id, id) where visibility = 'public' and taken_down_at is null;
