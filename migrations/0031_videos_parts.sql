-- How videos are sent: in parts, each an object of its own. No store needs to append, and each part is at rest from the
-- moment it is acknowledged. One that was sent whole has one part.
create table videos.part (
    upload_id uuid not null references videos.upload,
    -- They follow one another in this order, wherever there are gaps.
    number integer not null check (number between 1 and 1000),
    size_bytes bigint not null check (size_bytes between 1 and 5000000000),
    -- The key of the object.
    file text not null unique references platform.file,
    -- Since when it is there. Until then somebody has a link by which they can put it.
    received_at timestamptz,
    primary key (upload_id, number)
);

-- What an upload consists of is in its parts; that it has any does not follow from its status, since what was made of
-- it takes their place. The column is no longer written, and goes once nothing reads it.
alter table videos.upload drop constraint upload_file;

insert into videos.part (upload_id, number, size_bytes, file, received_at)
select id, 1, size_bytes, file, received_at from videos.upload where file is not null;

update videos.upload set file = null where file is not null;
