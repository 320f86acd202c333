mod keys;
mod permissions;
