//! The harness's own tests: the SSE client, the crowd and the process wrapper, against servers and
//! children that do what the test says.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tests::crowd::{Crowd, Watch};
use tests::http::{exchange, request};
use tests::process::Process;
use tests::sse::Request;
use tests::tls::{Authority, client_config, server_config};
use tests::{eventually, run};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How long what a test's own server sends may take.
const LIMIT: Duration = Duration::from_secs(10);
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const BODY: &str = concat!(
    "retry: 2000\n\nid: c0\n\n",
    r#"data: {"partition":0,"offset":7,"timestamp":"2026-01-02T03:04:05.678Z","key":"k","#,
    r#""headers":[["a",null],["b",{"base64":"/w=="}]],"value":{"x": 1.50}}"#,
    "\n\n",
    r#"data: {"partition":1,"offset":3,"timestamp":null,"key":null,"headers":[],"value":null}"#,
    "\n\nid: c1\n\n: beat\n\n",
);

/// A server that sends `answer` to everybody, in pieces, and keeps the connection.
async fn server(answer: Vec<u8>, piece: usize, tls: Option<TlsAcceptor>) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (answer, tls) = (Arc::clone(&answer), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => serve(socket, &answer, piece).await,
                    Some(tls) => serve(tls.accept(socket).await?, &answer, piece).await,
                }
            });
        }
    });
    Ok(address)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    answer: &[u8],
    piece: usize,
) -> std::io::Result<()> {
    let mut head = vec![0; 4096];
    let length = socket.read(&mut head).await?;
    head.truncate(length);
    if head.windows(11).any(|window| window == b"Bearer good") {
        for piece in answer.chunks(piece) {
            socket.write_all(piece).await?;
            socket.flush().await?;
        }
        std::future::pending::<()>().await;
    }
    let problem = r#"{"status":401,"title":"No","detail":"Send a credential."}"#;
    let (kind, length) = ("application/problem+json", problem.len());
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n\
         {problem}"
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.flush().await
}

fn chunked(body: &str, sizes: usize) -> Vec<u8> {
    let mut answer = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.as_bytes().chunks(sizes) {
        answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer
}

#[test]
fn streams_are_read_whatever_the_framing() {
    run(60, async {
        let authority = Authority::new()?;
        let acceptor = TlsAcceptor::from(server_config(&authority.server()?)?);
        let bare = format!("{HEAD}\r\n{BODY}").into_bytes();
        for (answer, piece, tls) in [
            (bare.clone(), 10_000, None),
            (bare, 1, None),
            (chunked(BODY, 7), 3, None),
            (chunked(BODY, 1000), 10_000, Some(acceptor)),
        ] {
            let secure = tls.is_some();
            let address = server(answer, piece, tls).await?;
            let mut request = Request::new(&address, "orders").bearer("good").from("earliest");
            if secure {
                request = request.tls(client_config(authority.ca(), None)?);
            }
            let mut stream = request.open().await?;
            let events = stream.take(2, LIMIT).await?;
            assert_eq!(events[1].last_event_id, "c0");
            let records = [events[0].record()?, events[1].record()?];
            assert_eq!(records[0].position(), (0, 7));
            assert_eq!(records[0].value_text(), Some(r#"{"x": 1.50}"#));
            let record = records[0].to_kafka()?;
            assert_eq!(record.timestamp, 1_767_323_045_678);
            assert_eq!(record.headers[1], ("b".to_owned(), Some(vec![0xff])));
            assert_eq!(records[1].to_kafka()?.value, None);
            assert_eq!(stream.next_id(LIMIT).await?, "c1");
            stream.silent(Duration::from_millis(100)).await?;
            assert_eq!(stream.parser().chunks, [0, 2, 0]);
            assert_eq!(stream.parser().retry, Some(2000));
            assert_eq!(stream.parser().comments, ["beat"]);
        }
        Ok(())
    });
}

#[test]
fn refusals_are_shown_whole() {
    run(60, async {
        let address = server(Vec::new(), 1, None).await?;
        let refusal = Request::new(&address, "orders").bearer("bad").refused().await?;
        assert_eq!(refusal.problem()?["detail"], "Send a credential.");
        assert!(Request::new(&address, "orders").open().await.is_err());
        let answer = exchange(&address, &request("GET", "/", &[], b"")).await?;
        assert_eq!(answer.status(), 401);
        Ok(())
    });
}

#[test]
fn a_thousand_subscribers_are_counted() {
    run(120, async {
        for answer in [chunked(BODY, 50), format!("{HEAD}\r\n{BODY}").into_bytes()] {
            let address = server(answer, 100, None).await?;
            let watched = Arc::new(AtomicU64::new(0));
            let count = Arc::clone(&watched);
            let watch: Watch = Arc::new(move |_, _, _| {
                count.fetch_add(1, Ordering::AcqRel);
            });
            let bytes = Request::new(&address, "orders").bearer("good").bytes();
            let crowd = Crowd::open(&address, 1000, |_| bytes.clone(), Some(watch)).await?;
            crowd.each_saw(2, LIMIT).await?;
            assert_eq!((crowd.events(), crowd.open_count()), (2000, 1000));
            assert_eq!(watched.load(Ordering::Acquire), 2000);
            let last = || async {
                let seen = crowd.seen().iter().all(|seen| *seen.last_id.lock() == b"c1");
                seen.then_some(())
            };
            eventually(LIMIT, "everybody has the last id", last).await?;
        }
        Ok(())
    });
}

#[test]
fn children_are_watched_and_killed() {
    run(60, async {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("sh");
        // A grandchild too: the whole group has to go.
        command.args(["-c", "echo hello; sleep 300 & wait"]);
        let mut process = Process::spawn(command, &folder.path().join("log"), None)?;
        let id = process.id();
        eventually(LIMIT, "output", || async { process.output().contains("hello").then_some(()) })
            .await?;
        assert!(process.resident_bytes()? > 100_000);
        assert!(process.cpu_time()? < Duration::from_secs(5));
        assert!(process.open_files()? >= 3);
        assert!(process.ended().is_none());
        drop(process);
        eventually(LIMIT, "the group is gone", || async { (members(id) == 0).then_some(()) }).await
    });
}

/// Not a test: what the next one kills. It starts a child with a folder and waits.
#[test]
#[ignore = "started by another test"]
fn victim() {
    run(60, async {
        let folder = std::env::var("VICTIM_FOLDER")?;
        let folder = std::path::Path::new(&folder);
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 300 & wait"]);
        let scratch = folder.join("scratch");
        std::fs::create_dir(&scratch)?;
        let process = Process::spawn(command, &scratch.join("log"), Some(&scratch))?;
        std::fs::write(folder.join("id"), process.id().to_string())?;
        std::future::pending().await
    });
}

#[test]
fn children_die_with_a_killed_test() {
    run(60, async {
        let folder = tempfile::tempdir()?;
        let mut victim = Command::new(std::env::current_exe()?)
            .args(["--ignored", "--exact", "victim"])
            .env("VICTIM_FOLDER", folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let id = eventually(LIMIT, "the victim's child", || async {
            std::fs::read_to_string(folder.path().join("id")).ok()?.parse().ok()
        })
        .await?;
        assert!(members(id) >= 1);
        victim.kill()?;
        victim.wait()?;
        eventually(LIMIT, "the group and its folder are gone", || async {
            let gone = members(id) == 0 && !folder.path().join("scratch").exists();
            gone.then_some(())
        })
        .await
    });
}

/// Living processes of a group.
fn members(group: u32) -> usize {
    let folders = std::fs::read_dir("/proc").expect("a /proc").flatten();
    let stats = folders.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let in_group = |stat: &String| {
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.first() != Some(&"Z") && fields.get(2) == Some(&group.to_string().as_str())
    };
    stats.filter(in_group).count()
}
