//! `marquee health`, which images are asked with.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};

use super::{marquee, output};

/// What `marquee health` makes of a process that answers so: exit code, what it prints, what it complains of.
async fn asked_of_one_that_answers(answer: &'static str) -> (Option<i32>, String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listens = format!("0.0.0.0:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await.unwrap();
        assert!(request[..length].starts_with(b"GET /healthz HTTP/1.1\r\n"));
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    output(marquee(&["health", "--listen", &listens])).await
}

#[tokio::test]
async fn a_process_that_answers_is_well() {
    let (code, out, errors) = asked_of_one_that_answers("HTTP/1.1 200 OK\r\n\r\nok\n").await;
    assert_eq!(code, Some(0), "{errors}");
    assert!(
        out.starts_with("127.0.0.1:") && out.ends_with(" lives\n"),
        "{out}"
    );
}

#[tokio::test]
async fn a_process_that_refuses_is_not_well() {
    let (code, out, errors) = asked_of_one_that_answers("HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("503 Service Unavailable"), "{errors}");
}

#[tokio::test]
async fn where_nothing_listens_nothing_is_well() {
    // Held, so that nobody else listens there.
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = held.local_addr().unwrap().to_string();
    let (code, out, errors) = output(marquee(&["health", "--metrics-listen", &address])).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains(&format!("asking {address}")), "{errors}");
}
