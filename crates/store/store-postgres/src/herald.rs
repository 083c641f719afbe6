//! The herald: processes that share a database tell each other what they changed (LISTEN and NOTIFY), so that none of
//! them has to look all the time. It speaks after the commit and beside it, since a NOTIFY within transactions would
//! make them wait for each other. What is lost on the way is found by looking, which goes on more rarely.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use futures::stream::poll_fn;
use futures::{FutureExt, StreamExt};
use kontor_model::SpaceId;
use kontor_store::{Commits, StoreError};
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};

use crate::error::describe;
use crate::options::{PostgresOptions, Target};

const CHANNEL: &str = "kontor_news";
/// Between two messages; what happens meanwhile is told in one.
const REST: Duration = Duration::from_millis(5);
/// Longest silence before the connection is asked whether it still is one, and longest wait for an answer.
const BEAT: Duration = Duration::from_secs(5);
/// Before a connection that broke is made anew.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes of a message; the server takes 7,999.
const MOST: usize = 7_500;

/// Carries the news of a process to the others, and theirs to it; never ends.
///
/// # Errors
/// [`StoreError::Internal`] for options that cannot be read.
pub fn herald(
    options: &PostgresOptions,
    commits: Arc<Commits>,
) -> Result<impl Future<Output = ()> + Send + 'static, StoreError> {
    let mut target = options.target()?;
    target.config.application_name("kontor herald");
    Ok(async move {
        loop {
            let why = carry(&target, &commits).await;
            commits.set_told(false);
            tracing::debug!(error = why, "the connection that tells of changes broke");
            sleep(PAUSE).await;
        }
    })
}

/// Until the connection breaks; says why.
async fn carry(target: &Target, commits: &Commits) -> String {
    let (client, mut connection) = match target.config.connect(target.tls.clone()).await {
        Ok(made) => made,
        Err(error) => return describe(&error),
    };
    let own = AtomicI32::new(0);
    let hear = async {
        let mut messages = poll_fn(|cx| connection.poll_message(cx));
        while let Some(message) = messages.next().await {
            match message {
                Ok(AsyncMessage::Notification(news)) if news.process_id() != own.load(Ordering::Relaxed) => {
                    places(news.payload()).for_each(|(space, table)| commits.hear(space, table));
                }
                Ok(_) => {}
                Err(error) => return describe(&error),
            }
        }
        "it was closed".to_owned()
    };
    tokio::select! {
        why = hear => why,
        why = speak(&client, commits, &own) => why.err().unwrap_or_default(),
    }
}

async fn speak(client: &Client, commits: &Commits, own: &AtomicI32) -> Result<(), String> {
    let pid = answered(client.query_one("SELECT pg_backend_pid()", &[])).await?;
    own.store(pid.try_get(0).map_err(|error| describe(&error))?, Ordering::Relaxed);
    answered(client.batch_execute(&format!("LISTEN {CHANNEL}"))).await?;
    let notify = answered(client.prepare("SELECT pg_notify($1, $2)")).await?;
    commits.set_told(true);
    loop {
        let Ok(changed) = timeout(BEAT, commits.abroad().rung()).await else {
            answered(client.batch_execute("")).await?;
            continue;
        };
        for message in messages(&changed) {
            answered(client.execute(&notify, &[&CHANNEL, &message])).await?;
        }
        sleep(REST).await;
    }
}

async fn answered<T>(question: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, String> {
    timeout(BEAT, question)
        .map(|outcome| match outcome {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(describe(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        })
        .await
}

/// As messages: `space table` with `;` between them.
fn messages(changed: &BTreeSet<(SpaceId, &'static str)>) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for (space, table) in changed {
        let place = format!("{} {table}", space.0);
        match messages.last_mut().filter(|message| message.len() + place.len() < MOST) {
            Some(message) => {
                message.push(';');
                message.push_str(&place);
            }
            None => messages.push(place),
        }
    }
    messages
}

/// What a message says; what is not understood is left out.
fn places(message: &str) -> impl Iterator<Item = (SpaceId, &str)> {
    message.split(';').filter_map(|place| {
        let (space, table) = place.split_once(' ')?;
        Some((SpaceId(space.parse().ok()?), table))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_was_changed() {
        let changed: BTreeSet<_> = (0..2_000).map(|n| (SpaceId(470_632_909_884_358_656 + n), "event_head")).collect();
        let said = messages(&changed);
        assert!(said.len() > 1 && said.iter().all(|message| message.len() < 7_999), "{}", said.len());
        let heard: Vec<_> = said.iter().flat_map(|message| places(message)).collect();
        assert_eq!(heard, changed.into_iter().collect::<Vec<_>>());
        assert!(messages(&BTreeSet::new()).is_empty());
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        assert_eq!(places("").count(), 0);
        assert_eq!(places("7;x event;9 job").collect::<Vec<_>>(), [(SpaceId(9), "job")]);
    }
}
