//! `kill -9` at any moment under 64 writers: what was acknowledged is there, once and whole.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Instant;

use kontor_testkit::{Backend, Place, Server, both_alone};

use super::journal::Writers;
use super::{a_while, any, rounds, spread};

both_alone!(kills_under_load_lose_nothing, kills_within_the_first_migration);

async fn kills_under_load_lose_nothing(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let mut writers = Writers::new(&server.api(), 64).await;
    let (count, mut ready, mut done) = (rounds(10, 1_000), Vec::new(), 0);
    for round in 1..=count {
        writers.start(&server.api());
        a_while(5, 300).await;
        server.kill();
        let _ = writers.end(false).await;
        // Now and then it is killed again before it is up.
        if any(8) == 0 {
            killed_while_starting(server.place()).await;
        }
        let start = Instant::now();
        server = server.restart().await;
        ready.push(start.elapsed());
        done += writers.audit(&server.api()).await;
        if round.is_multiple_of(50) || round == count {
            let stored = writers.census(&server.api()).await;
            eprintln!("{} kills on {}: {stored} records, all as acknowledged", round, backend.name());
        }
    }
    let acknowledged = writers.seen.acknowledged.load(Ordering::Relaxed);
    eprintln!("{acknowledged} writes acknowledged, {done} done whose answer was lost; ready again {}", spread(ready));
}

async fn killed_while_starting(place: &Place) {
    let mut command = place.command(&["up", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    a_while(1, 120).await;
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// As it was before the first start.
fn empty(place: &Place) {
    if place.database().is_some() {
        place.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
    std::fs::remove_dir_all(place.data()).expect("the data directory");
}

async fn kills_within_the_first_migration(backend: Backend) {
    for _ in 0..rounds(4, 100) {
        let mut server = Server::builder().backend(backend).start().await;
        server.kill();
        empty(server.place());
        killed_while_starting(server.place()).await;
        killed_while_starting(server.place()).await;
        let server = server.restart().await;
        let key = server.place().key("admin", &[]);
        let api = server.api().with_key(&key);
        let mut writers = Writers::new(&api, 4).await;
        writers.start(&api);
        a_while(20, 40).await;
        assert_eq!(writers.end(true).await, 0);
        let _ = writers.audit(&api).await;
        let _ = writers.census(&api).await;
    }
}
