//! nginx with a `map` from every path that is asked to its answer: what a server that decides nothing can do.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::server::{Server, free_port, installed, pinned};

/// Starts nginx in the foreground with a configuration of its own, all files under `scratch`.
pub(crate) fn start(scratch: &Path, answers: &BTreeMap<String, String>, core: usize) -> Result<Server> {
    let nginx = installed("nginx", "nginx")?;
    let port = free_port()?;
    let folder = scratch.join("nginx");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration(&folder, port, answers))
        .with_context(|| format!("writing {}", file.display()))?;
    let mut command = pinned(core, nginx);
    command
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(&folder)
        .args(["-e", "stderr"]);
    Server::start(&mut command, port, &scratch.join("nginx.log"))
}

fn configuration(folder: &Path, port: u16, answers: &BTreeMap<String, String>) -> String {
    let mut map = String::new();
    for (path, location) in answers {
        // nginx would read a `$` as a variable; no path or location of the bench has one.
        let _infallible = writeln!(map, "    \"{path}\" \"{location}\";");
    }
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log combined buffer=64k;
  client_body_temp_path {folder};
  proxy_temp_path {folder};
  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  keepalive_requests 1000000000;
  map_hash_max_size 65536;
  map_hash_bucket_size 512;
  map $request_uri $answer {{
{map}  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      if ($answer = \"\") {{ return 404; }}
      add_header Cache-Control \"private, no-store\";
      return 302 $answer;
    }}
  }}
}}
"
    )
}
