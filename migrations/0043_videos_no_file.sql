-- What was sent lies in parts since 0031; nothing writes or reads this any more.
alter table videos.upload drop column file;
