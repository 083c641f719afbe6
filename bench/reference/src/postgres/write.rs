//! The grouped durable write: BEGIN, every waiting change and COMMIT go out in one pipeline, on two connections in turn.
//!
//! PostgreSQL aborts the whole transaction at the first failure; then each change of the group gets a transaction of its own.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::body::Bytes;
use futures::future::{join_all, try_join3};
use kontor_bench_reference::rows::Contact;
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::{Client, Statement};

use super::{Job, schema};
use crate::answer::{self, Record};
use crate::ids::{Ids, now};
use crate::store::Write;

const GROUP: usize = 256;
const CONNECTIONS: usize = 2;

struct Writer {
    client: Client,
    insert: Statement,
    batch: Statement,
    replace: Statement,
    delete: Statement,
    outbox: Statement,
    ids: Arc<Ids>,
}

pub async fn start(url: &str) -> Result<mpsc::Sender<Job>> {
    let (queue, jobs) = mpsc::channel(4_096);
    let (jobs, ids) = (Arc::new(Mutex::new(jobs)), Arc::new(Ids::default()));
    for _ in 0..CONNECTIONS {
        let writer = Writer::open(url, ids.clone()).await?;
        tokio::spawn(run(writer, jobs.clone()));
    }
    Ok(queue)
}

async fn run(writer: Writer, jobs: Arc<Mutex<mpsc::Receiver<Job>>>) {
    loop {
        let mut group = Vec::with_capacity(GROUP);
        if jobs.lock().await.recv_many(&mut group, GROUP).await == 0 {
            return;
        }
        // both connections lock records in the same order, so that they cannot wait for each other
        group.sort_by_key(|job| match job.ask {
            Write::Replace(id, _) | Write::Delete(id) => id,
            Write::Create(_) | Write::Batch(_) => i64::MAX,
        });
        let answers = match writer.commit(&group).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if group.len() == 1 => vec![Err(error)],
            Err(_) => {
                let mut alone = Vec::with_capacity(group.len());
                for job in &group {
                    alone.push(
                        writer
                            .commit(std::slice::from_ref(job))
                            .await
                            .map(|answers| answers.into_iter().next().flatten()),
                    );
                }
                alone
            }
        };
        for (job, result) in group.into_iter().zip(answers) {
            let _ = job.answer.send(result);
        }
    }
}

impl Writer {
    async fn open(url: &str, ids: Arc<Ids>) -> Result<Self> {
        let client = super::connect(url).await?;
        let columns = schema::WRITTEN;
        let owner = schema::OWNER;
        Ok(Self {
            insert: client
                .prepare(&format!(
                    "INSERT INTO contacts ({columns}) VALUES ($1, 1, $2, $2, {owner}, {owner}, {owner}, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
                     $14, $15, $16, $17)"
                ))
                .await?,
            batch: client
                .prepare(&format!(
                    "WITH made AS (INSERT INTO contacts ({columns}) SELECT id, 1, $2, $2, {owner}, {owner}, {owner}, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o \
                     FROM unnest($1::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], \
                     $12::text[], $13::text[], $14::text[], $15::bool[], $16::bool[], $17::text[]) AS t (id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)) \
                     INSERT INTO outbox (type, subject, at, data) SELECT 'kontor.contact.created', id, $2, data FROM unnest($1::int8[], $18::text[]) AS t (id, data)"
                ))
                .await?,
            replace: client
                .prepare(
                    "UPDATE contacts SET version = version + 1, updated_at = $2, first_name = $3, last_name = $4, email = $5, phone = $6, title = $7, \
                     company_name = $8, department = $9, city = $10, country = $11, lifecycle_stage = $12, birthday = $13, external_id = $14, \
                     do_not_call = $15, do_not_email = $16, tags = $17 WHERE id = $1 AND deleted_at IS NULL RETURNING version, created_at",
                )
                .await?,
            delete: client.prepare("UPDATE contacts SET deleted_at = $2, version = version + 1 WHERE id = $1 AND deleted_at IS NULL").await?,
            outbox: client.prepare("INSERT INTO outbox (type, subject, at, data) VALUES ($1, $2, $3, $4)").await?,
            client,
            ids,
        })
    }

    /// Futures are polled in order, and tokio-postgres sends at the first poll: so this is one pipeline.
    async fn commit(&self, group: &[Job]) -> Result<Vec<Option<Bytes>>> {
        let changes = join_all(group.iter().map(|job| self.change(&job.ask)));
        let (_, answers, _) = try_join3(
            async { self.client.batch_execute("BEGIN").await.context("begin") },
            async { Ok(changes.await) },
            async { self.client.batch_execute("COMMIT").await.context("commit") },
        )
        .await?;
        answers.into_iter().collect()
    }

    async fn change(&self, ask: &Write) -> Result<Option<Bytes>> {
        match ask {
            Write::Create(contact) => self.create(contact).await.map(Some),
            Write::Batch(contacts) => self.create_all(contacts).await.map(Some),
            Write::Replace(id, contact) => self.replace(*id, contact).await,
            Write::Delete(id) => {
                let at = now();
                let (touched, ()) = futures::try_join!(
                    async { Ok::<_, anyhow::Error>(self.client.execute(&self.delete, &[id, &at]).await?) },
                    self.outbox("kontor.contact.deleted", *id, at, "{}".to_owned()),
                )?;
                Ok((touched > 0).then(|| answer::deleted(*id)))
            }
        }
    }

    async fn create(&self, contact: &Contact) -> Result<Bytes> {
        let (id, at, tags) = (self.ids.next(), now(), answer::tags(contact));
        let texts = answer::texts(contact);
        let [a, b, c, d, e, f, g, h, i, j, k, l] = &texts;
        futures::try_join!(
            async {
                let (call, email) = (&contact.do_not_call, &contact.do_not_email);
                self.client
                    .execute(&self.insert, &[&id, &at, a, b, c, d, e, f, g, h, i, j, k, l, call, email, &tags])
                    .await?;
                Ok::<_, anyhow::Error>(())
            },
            self.outbox("kontor.contact.created", id, at, serde_json::to_string(contact)?),
        )?;
        Ok(answer::one(201, &Record { tags: &tags, ..stored(id, 1, at, at, contact) }))
    }

    async fn create_all(&self, contacts: &[Contact]) -> Result<Bytes> {
        let at = now();
        let ids: Vec<i64> = contacts.iter().map(|_| self.ids.next()).collect();
        let texts: Vec<[&str; 12]> = contacts.iter().map(answer::texts).collect();
        let columns: Vec<Vec<&str>> =
            (0..12).map(|n| texts.iter().map(|row| row.get(n).copied().unwrap_or_default()).collect()).collect();
        let calls: Vec<bool> = contacts.iter().map(|contact| contact.do_not_call).collect();
        let emails: Vec<bool> = contacts.iter().map(|contact| contact.do_not_email).collect();
        let tags: Vec<String> = contacts.iter().map(answer::tags).collect();
        let data = contacts.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        let mut values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = vec![&ids, &at];
        for column in &columns {
            values.push(column);
        }
        values.extend([&calls as &(dyn tokio_postgres::types::ToSql + Sync), &emails, &tags, &data]);
        self.client.execute(&self.batch, &values).await?;
        Ok(answer::created(&ids))
    }

    async fn replace(&self, id: i64, contact: &Contact) -> Result<Option<Bytes>> {
        let (at, tags) = (now(), answer::tags(contact));
        let texts = answer::texts(contact);
        let [a, b, c, d, e, f, g, h, i, j, k, l] = &texts;
        let (row, ()) = futures::try_join!(
            async {
                let (call, email) = (&contact.do_not_call, &contact.do_not_email);
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 17] =
                    [&id, &at, a, b, c, d, e, f, g, h, i, j, k, l, call, email, &tags];
                Ok::<_, anyhow::Error>(self.client.query_opt(&self.replace, &values).await?)
            },
            self.outbox("kontor.contact.updated", id, at, serde_json::to_string(contact)?),
        )?;
        Ok(row.map(|row| answer::one(200, &Record { tags: &tags, ..stored(id, row.get(0), row.get(1), at, contact) })))
    }

    async fn outbox(&self, kind: &str, subject: i64, at: i64, data: String) -> Result<()> {
        self.client.execute(&self.outbox, &[&kind, &subject, &at, &data]).await?;
        Ok(())
    }
}

fn stored(id: i64, version: i64, created_at: i64, updated_at: i64, contact: &Contact) -> Record<'_> {
    let by = schema::OWNER;
    Record {
        id,
        version,
        created_at,
        updated_at,
        created_by: by,
        updated_by: by,
        owner_id: by,
        texts: answer::texts(contact),
        do_not_call: contact.do_not_call,
        do_not_email: contact.do_not_email,
        tags: "[]",
    }
}
