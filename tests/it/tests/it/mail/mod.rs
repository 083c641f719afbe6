//! Mail that leaves the house: invitations, links for a new password, and a server that is not always well.

mod copies;
pub mod files;
pub mod inbound;
mod invitations;
mod letters;
mod resets;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kontor_testkit::{Api, Backend, Server};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a mail server took: each the receiver and the whole text.
pub type Inbox = Arc<Mutex<Vec<(String, String)>>>;

/// A mail server in plain text (RFC 5321), at an address of its own. It answers `replies` to the first receivers, and
/// then takes everything.
pub async fn server(replies: &[&'static str]) -> (String, Inbox) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let inbox = Inbox::default();
    let replies: Arc<Mutex<VecDeque<&'static str>>> = Arc::new(Mutex::new(replies.iter().copied().collect()));
    let taken = inbox.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, taken.clone(), replies.clone()));
        }
    });
    (address, inbox)
}

async fn talk(stream: TcpStream, inbox: Inbox, replies: Arc<Mutex<VecDeque<&'static str>>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    let mut receiver = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let reply = match word.as_str() {
            "RCPT" => {
                receiver = line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                replies.lock().unwrap().pop_front().unwrap_or("250 ok")
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                inbox.lock().unwrap().push((receiver.clone(), text));
                "250 taken"
            }
            "QUIT" => return write.write_all(b"221 bye\r\n").await.ok(),
            _ => "250 ok",
        };
        write.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

/// A server with a mail server.
async fn start(backend: Backend, replies: &[&'static str]) -> (Server, Inbox) {
    let (address, inbox) = server(replies).await;
    let url = format!("smtp://{address}");
    let from = "Kontor <crm@example.com>";
    let builder = Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", &url).env("KONTOR_MAIL_FROM", from);
    (builder.start().await, inbox)
}

/// Waits until a message is in this state; it as it is then.
async fn comes_to(api: &Api, message: &str, state: &str) -> Value {
    for _ in 0..600 {
        let shown = api.get(message).await.expect(200);
        if shown.data()["state"] == state {
            return shown.data().clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the message does not come to {state}");
}

/// The one-time token in a mail; long lines are folded (RFC 2045, 6.7).
fn token(text: &str) -> String {
    let text = text.replace("=\n", "").replace("=3D", "=");
    let at = text.find("token=").expect("a link") + "token=".len();
    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}
