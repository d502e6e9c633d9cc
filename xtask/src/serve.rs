//! A small static file server for loopback: the shipped security headers, and the page for every route.
//!
//! It serves what any static host would, so that what is tested is what is hosted.

mod http;
mod site;

use std::{
    io::BufReader,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result};

use http::{ReadError, Request, Response};
pub use site::Site;

/// A browser opens about six connections to a host; the rest is for tests with several browsers.
const MAX_CONNECTIONS: usize = 128;
const IDLE: Duration = Duration::from_secs(30);

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `site` on `port` of the loopback interface; port 0 takes a free one.
    pub fn start(port: u16, site: Site) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("cannot listen on 127.0.0.1:{port}; is something else running there?")
        })?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || accept(&listener, &Arc::new(site), &stopping));
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener sees the flag when it is woken by one more connection.
        TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn accept(listener: &TcpListener, site: &Arc<Site>, stop: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let site = Arc::clone(site);
        let open = Arc::clone(&open);
        std::thread::spawn(move || {
            // A connection that breaks is the browser's business.
            converse(&stream, &site).ok();
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Answers requests on one connection until it closes, idles or breaks.
fn converse(stream: &TcpStream, site: &Site) -> std::io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        match Request::read(&mut reader) {
            Ok(request) => {
                site.answer(&request).write(stream, request.is_head)?;
                if request.closes {
                    return Ok(());
                }
            }
            Err(ReadError::Closed) => return Ok(()),
            Err(ReadError::Malformed) => {
                return Response::plain(400, "Bad request").write(stream, false);
            }
            Err(ReadError::Method) => {
                return Response::plain(405, "Method not allowed").write(stream, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn get(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn serves_files_routes_and_errors() {
        let folder = std::env::temp_dir().join(format!("xtask-serve-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("site")).unwrap();
        std::fs::write(folder.join("site/index.html"), "<p>page</p>").unwrap();
        std::fs::write(folder.join("secret.txt"), "secret").unwrap();
        let server = Server::start(0, Site::new(folder.join("site"))).unwrap();

        let page = get(&server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("Content-Security-Policy: default-src 'none'"), "{page}");
        assert!(page.ends_with("<p>page</p>"), "{page}");
        let route = get(&server, "GET /subnets/1 HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(route.ends_with("<p>page</p>"), "{route}");
        let absent = get(&server, "GET /absent.js HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(absent.starts_with("HTTP/1.1 404 "), "{absent}");
        for escape in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"] {
            let answer = get(&server, &format!("GET {escape} HTTP/1.1\r\nConnection: close\r\n\r\n"));
            assert!(!answer.contains("secret"), "{answer}");
        }
        assert!(get(&server, "POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert!(get(&server, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
        drop(server);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
