-- What asked for a job: the request that its logs and alerts name, and where its trace goes on.
alter table platform.job add column origin jsonb;
