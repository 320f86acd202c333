-- What is shown of a video can be made once more. What there is stays until all of it is replaced.
alter table videos.video add column remaking boolean not null default false;
alter table videos.video add constraint video_remaking check (not remaking or status = 'playable');
