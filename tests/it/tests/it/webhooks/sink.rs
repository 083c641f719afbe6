//! A receiver that notes what it is sent and answers as it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A status and headers.
    Status(u16, &'static str),
    /// Takes the request and says nothing.
    Hangs,
    /// Closes the connection.
    Closes,
    /// 200 and a body of a gigabyte.
    Floods,
    /// 200 after a while.
    Slowly(u64),
}

impl Says {
    fn status(&self) -> u16 {
        match self {
            Self::Status(status, _) => *status,
            Self::Slowly(_) | Self::Floods => 200,
            Self::Hangs | Self::Closes => 0,
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Got {
    /// What it was answered; 0 where that was nothing.
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// See the module.
pub struct Sink {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    says: Arc<Mutex<Vec<Says>>>,
}

impl Sink {
    /// Answers these in turn, and the last for ever.
    pub async fn saying(says: &[Says]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let sink = Self { url, got: Arc::default(), says: Arc::new(Mutex::new(says.to_vec())) };
        let (got, says) = (sink.got.clone(), sink.says.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, got.clone(), says.clone()));
            }
        });
        sink
    }

    pub async fn accepting() -> Self {
        Self::saying(&[Says::Status(204, "")]).await
    }

    /// From now on it answers this.
    pub fn says(&self, says: Says) {
        *self.says.lock().unwrap() = vec![says];
    }

    /// Everything so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// What came after the first so many.
    pub fn got_after(&self, count: usize) -> Vec<Got> {
        self.got.lock().unwrap()[count..].to_vec()
    }

    /// Everything, once there is as much.
    pub async fn wait(&self, count: usize) -> Vec<Got> {
        let enough = async || Some(self.got()).filter(|got| got.len() >= count);
        super::until(&format!("{count} requests"), enough).await
    }
}

async fn serve(mut stream: TcpStream, got: Arc<Mutex<Vec<Got>>>, says: Arc<Mutex<Vec<Says>>>) {
    loop {
        let Some(mut request) = request(&mut stream).await else { return };
        let says = {
            let mut says = says.lock().unwrap();
            let says = if says.len() > 1 { says.remove(0) } else { says[0].clone() };
            request.status = says.status();
            got.lock().unwrap().push(request);
            says
        };
        if !answers(&mut stream, says).await {
            return;
        }
    }
}

/// Whether the connection is kept.
async fn answers(stream: &mut TcpStream, says: Says) -> bool {
    match says {
        Says::Status(status, headers) => return answer(stream, status, headers).await,
        Says::Slowly(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            return answer(stream, 200, "").await;
        }
        Says::Hangs => tokio::time::sleep(Duration::from_secs(600)).await,
        Says::Closes => {}
        Says::Floods => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
            stream.write_all(head.as_bytes()).await.ok();
            let part = vec![b'x'; 1 << 16];
            for _ in 0..1 << 14 {
                if stream.write_all(&part).await.is_err() {
                    break;
                }
            }
        }
    }
    false
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &str) -> bool {
    let text = format!("HTTP/1.1 {status} x\r\n{headers}content-length: 0\r\n\r\n");
    stream.write_all(text.as_bytes()).await.is_ok()
}

async fn request(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            lines.next()?;
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Got { status: 0, headers, body: body.to_owned() });
            }
        }
        let n = stream.read(&mut part).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&part[..n]);
    }
}
