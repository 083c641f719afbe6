//! The server on a real port.

use std::time::Duration;

use kontor_config::Config;
use kontor_http::{Server, ServerLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::house::House;

async fn exchange(socket: &mut TcpStream, request: &str) -> String {
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 64 << 10];
    let n = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut buffer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&buffer[..n]).into_owned()
}

#[tokio::test]
async fn admitted_requests_are_finished_and_idle_connections_closed() {
    let mut config = Config::default();
    config.request.timeout_ms = 400;
    let house = House::with(config.clone()).await;
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), ServerLimits::from(&config)).await.unwrap();
    let address = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(house.door.clone(), async {
        let _ = stopped.await;
    }));

    let mut idle = TcpStream::connect(address).await.unwrap();
    assert!(exchange(&mut idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut huge = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(40_000));
    assert!(exchange(&mut huge, &head).await.contains("431000"));

    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /broken/slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    assert!(exchange(&mut slow, "").await.contains("504000"));
    tokio::time::timeout(Duration::from_secs(3), serving).await.expect("idle connections hold it up").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
