-- What is made of an upload, by whom, and that it may be removed.

alter table platform.job drop constraint job_role_check;
alter table platform.job add constraint job_role_check
    check (role in ('default', 'mail', 'media', 'ingest', 'cron', 'payments', 'transcode'));

-- removed: nobody shows it any more, and what was made of it is gone.
alter table videos.video drop constraint video_status_check;
alter table videos.video add constraint video_status_check
    check (status in ('waiting', 'making', 'playable', 'failed', 'removed'));
