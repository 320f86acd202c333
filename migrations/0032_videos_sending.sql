-- How videos are sent, continued: straight to the store, by links.

-- Until when somebody may be putting the object, by a link that they were given: its row stays until then, so that what
-- they put after it was dropped is removed, too.
alter table platform.file add column writable_until timestamptz;

-- When to look whether everything is there for which links were given, in case nobody says so.
alter table videos.upload add column look_at timestamptz;

create index upload_look on videos.upload (look_at) where status = 'open' and look_at is not null;
