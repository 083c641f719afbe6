//! `kontor doctor`: what an operator would look at, in the order they would look.

use anyhow::{Result, bail};
use kontor_config::Config;
use kontor_model::{Clock, SystemClock};
use kontor_store::Guard;

use crate::house::{self, Use};
use crate::lock::{self, Taken};
use crate::secure;

/// Checks everything and prints a line for each; an error when something is wrong.
///
/// # Errors
/// At least one check failed.
pub async fn doctor(config: &Config) -> Result<()> {
    let mut wrong = 0;
    let note = |name: &str, text: &str| println!("note   {name}: {text}");
    let mut say = |name: &str, outcome: Result<String, String>| match outcome {
        Ok(text) => println!("ok     {name}: {text}"),
        Err(text) => {
            wrong += 1;
            println!("wrong  {name}: {text}");
        }
    };
    say("configuration", Ok(format!("listen {}, data {}", config.listen, config.data.display())));
    if let Some(outcome) = secure::look(config, SystemClock.now_ms()) {
        say("certificate", outcome);
    }
    if config.database_url.is_none() {
        let outcome = match lock::take(&config.data) {
            Ok(Taken::Ours(_)) => Ok("no server is running on it".to_owned()),
            Ok(Taken::Theirs(holder)) => Ok(format!(
                "in use by process {} at {}",
                holder.pid,
                holder.url.unwrap_or_else(|| "(starting)".to_owned())
            )),
            Err(error) => Err(format!("{error:#}")),
        };
        say("data directory", outcome);
    }
    let store = match house::open_store(config, Use::Beside).await {
        Ok(store) => store,
        Err(error) => {
            say("database", Err(format!("{error:#}")));
            bail!("1 check failed");
        }
    };
    say("database", store.ping().await.map(|()| "reads and writes".to_owned()).map_err(|e| e.to_string()));
    match store.status().await {
        Ok(status) => {
            let size = status.bytes.map_or_else(String::new, |b| format!(", {} MiB", b / 1_048_576));
            say("version", Ok(format!("{} {}{size}", status.backend, status.version)));
            match status.guard {
                Guard::Alone => {}
                Guard::Holds(text) => say("isolation", Ok(text)),
                Guard::Weak(text) | Guard::Open(text) => note("isolation", &text),
            }
        }
        Err(error) => say("version", Err(error.to_string())),
    }
    if config.database_url.is_none() {
        let file = house::database_file(&config.data);
        say(
            "integrity",
            kontor_store_sqlite::verify(&file)
                .map(|()| "every page and index is sound".to_owned())
                .map_err(|e| e.to_string()),
        );
    }
    match kontor_identity::spaces::spaces(&*store).await {
        Ok(spaces) => say("spaces", Ok(format!("{}", spaces.len()))),
        Err(error) => say("spaces", Err(format!("{}; start the server once", error.detail()))),
    }
    store.close().await;
    if wrong > 0 {
        bail!("{wrong} checks failed");
    }
    Ok(())
}
