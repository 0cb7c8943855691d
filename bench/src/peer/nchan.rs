//! Nchan: nginx with the Debian module `libnginx-mod-nchan`. It has no Kafka source, so a small
//! publisher posts each event; its workers pay for parsing 50 small requests a second.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Door, Server, free_address, install_debian, is_root};

/// Where events are posted.
pub const PUBLISH_PATH: &str = "/pub";

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
const PACKAGES: [&str; 2] = ["nginx-core", "libnginx-mod-nchan"];

/// Starts nginx with this many workers. Installs it first where that is possible.
///
/// # Errors
/// When it is missing and cannot be installed, or does not start.
pub fn start(door: Door, workers: u32) -> Result<Server> {
    install_debian(MODULE, &PACKAGES)?;
    let folder = tempfile::tempdir()?;
    let address = free_address()?;
    let path = folder.path().join("nginx.conf");
    let user = if is_root() { "user root;" } else { "" };
    std::fs::write(&path, configuration(folder.path(), user, workers, &address.to_string()))?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&path).arg("-p").arg(folder.path());
    Server::start(command, address, door.request("/sub", ""), folder)
}

/// One message is one write here too: nothing is configured to gather.
fn configuration(folder: &Path, user: &str, workers: u32, address: &str) -> String {
    let folder = folder.display();
    format!(
        "load_module {MODULE};
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
worker_processes {workers};
worker_rlimit_nofile 20000;
events {{ worker_connections 18000; }}
http {{
  access_log off;
  tcp_nodelay on;
  keepalive_requests 10000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {address} backlog=4096;
    location = {PUBLISH_PATH} {{
      nchan_publisher;
      nchan_channel_id t;
      nchan_message_buffer_length 5000;
    }}
    location = /sub {{
      nchan_subscriber;
      nchan_channel_id t;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"
    )
}
