//! Data that are not the program's to use: refused with a word that helps.

use std::process::{Command, Output, Stdio};

use kontor_testkit::{Backend, Server, both_alone};

use super::skipped;

both_alone!(a_database_of_a_newer_program);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Neither a server nor a command works on it.
#[track_caller]
fn refused(server: &Server, words: &[&str]) {
    for arguments in
        [&["up", "--listen", "127.0.0.1:0"][..], &["keys", "create", "--name", "a", "--role", "admin"], &["migrate"]]
    {
        let output = server.place().output(arguments);
        let said = said(&output);
        assert!(!output.status.success(), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?} does not say {word}: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
}

async fn a_database_of_a_newer_program(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let _ = server.terminate().await;
    if backend == Backend::Sqlite {
        server.place().sql("PRAGMA user_version = 4711");
    } else {
        server.place().sql("UPDATE kontor_schema SET version = 4711");
    }
    refused(&server, &["schema version 4711", "newer version"]);
}

#[tokio::test]
async fn a_second_process_on_the_same_directory() {
    let server = Server::builder().start().await;
    let (pid, data) = (server.pid().expect("it runs").to_string(), server.place().data());
    for arguments in [&["up", "--listen", "127.0.0.1:0"][..], &["restore", "/nonexistent", "--force"]] {
        let output = server.place().output(arguments);
        let said = said(&output);
        assert!(!output.status.success() && said.contains(&pid) && said.contains(&*data.to_string_lossy()), "{said}");
    }
    let _ = server.api().get("/v1/customers").await.expect(200);
}

#[tokio::test]
async fn a_file_of_another_program() {
    let mut server = Server::builder().start().await;
    let _ = server.terminate().await;
    let file = server.place().data().join("kontor.db");
    server.place().sql("PRAGMA application_id = 12345");
    refused(&server, &["another program"]);
    std::fs::write(&file, b"not a database at all ".repeat(400)).unwrap();
    refused(&server, &["kontor.db", "not a database"]);
    std::fs::write(&file, b"").unwrap();
    let server = server.restart().await;
    assert_eq!(server.api().anonymous().get("/readyz").await.status, 200, "an empty file is no one's");
}

#[tokio::test]
async fn a_directory_that_may_not_be_written() {
    let mut server = Server::builder().start().await;
    let _ = server.terminate().await;
    let (root, data) = (server.place().root().to_owned(), server.place().data());
    let bound = |options: &[&str]| {
        Command::new("mount").args(options).arg(&data).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    let bind = format!("{}", data.display());
    if !(bound(&["--bind", &bind]) && bound(&["-o", "remount,bind,ro"])) {
        return skipped("a directory that may not be written", "a read-only mount needs root");
    }
    let outcome = std::panic::catch_unwind(|| refused_as_read_only(&server));
    assert!(Command::new("umount").arg("-l").arg(&data).status().unwrap().success());
    outcome.unwrap();
    let server = server.restart().await;
    assert_eq!(server.api().anonymous().get("/readyz").await.status, 200, "{}", root.display());
}

fn refused_as_read_only(server: &Server) {
    for arguments in
        [&["up", "--listen", "127.0.0.1:0"][..], &["migrate"], &["keys", "create", "--name", "a", "--role", "admin"]]
    {
        let output = server.place().output(arguments);
        let said = said(&output).to_lowercase();
        assert!(
            !output.status.success() && (said.contains("read-only") || said.contains("readonly")),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}
