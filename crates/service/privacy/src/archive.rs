//! Everything that is known about a person as one file of JSON lines: records, entries of the audit, events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kontor_audit::about;
use kontor_model::time::datetime_text;
use kontor_model::{Id, Kind, Op, Result, Value};
use kontor_records::{Ctx, bytes};
use kontor_store::{Cond, Expr, Select, system};
use kontor_transfer::BlobWriter;
use serde_json::{Value as J, json};
use sha2::{Digest, Sha256};

use crate::Request;
use crate::graph::{Found, Relation};
use crate::service::Privacy;

/// The type of the file.
pub const MEDIA_TYPE: &str = "application/x-ndjson";
/// The beginning of its name.
pub const NAME: &str = "privacy/";
/// Ids of one question.
const CHUNK: usize = 500;

struct File {
    out: BlobWriter,
    hash: Sha256,
}

impl File {
    async fn line(&mut self, line: &J) -> Result<()> {
        let mut bytes = line.to_string().into_bytes();
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.out.write(&bytes).await
    }
}

impl Privacy {
    /// Writes the archive; its file and its certificate.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn archive(&self, ctx: &Ctx, request: &Request, found: &[Found]) -> Result<(Id, J)> {
        let name = format!("{NAME}{}-{}.ndjson", request.subject.object, request.subject.id);
        let out = self.transfer.blobs().create(ctx.space(), &name, MEDIA_TYPE).await?;
        let mut file = File { out, hash: Sha256::new() };
        match self.fill(ctx, request, found, &mut file).await {
            Ok(counts) => {
                let sha256: String = file.hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
                let bytes = file.out.bytes();
                let blob = file.out.finish().await?;
                Ok((blob, json!({"counts": counts, "bytes": bytes, "sha256": sha256})))
            }
            Err(error) => {
                file.out.abandon().await.ok();
                Err(error)
            }
        }
    }

    async fn fill(&self, ctx: &Ctx, request: &Request, found: &[Found], file: &mut File) -> Result<J> {
        let (store, space) = (&**self.records.store(), ctx.space());
        let subject = json!({"object": request.subject.object, "id": request.subject.id.to_string()});
        let at = datetime_text(self.records.clock().now_ms());
        file.line(&json!({"kind": "archive", "request_id": request.id.to_string(), "subject": subject, "made_at": at}))
            .await?;
        let mut counts = [0_u64; 4];
        for one in found {
            let mut record = Vec::with_capacity(512);
            one.def.shape.write(&one.def.row_of_fields(&one.record.values), &mut record);
            let record: J = serde_json::from_slice(&record).unwrap_or_default();
            let relation = one.relation.name();
            file.line(
                &json!({"kind": "record", "relation": relation, "deleted": one.record.deleted, "record": record}),
            )
            .await?;
            counts[0] += 1;
            if one.def.holds_bytes {
                counts[3] += self.parts(ctx, one.id, file).await?;
            }
        }
        for one in found {
            let entries = about::record(store, space, one.id.0).await?;
            for entry in &entries {
                file.line(&json!({"kind": "audit", "entry": entry.json()})).await?;
                counts[1] += 1;
            }
            let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
            for event in self.events(ctx, &ids).await? {
                file.line(&json!({"kind": "event", "event": event})).await?;
                counts[2] += 1;
            }
            if one.relation == Relation::Subject && one.def.name == "user" {
                for entry in about::user(store, space, one.id.0).await? {
                    file.line(&json!({"kind": "audit", "entry": entry.json()})).await?;
                    counts[1] += 1;
                }
            }
        }
        let [records, entries, events, files] = counts;
        let counts = json!({"records": records, "audit": entries, "events": events, "files": files});
        file.line(&json!({"kind": "end", "counts": counts})).await?;
        Ok(counts)
    }

    /// The bytes of a file, a line for each part; 1 when there are any.
    async fn parts(&self, ctx: &Ctx, id: Id, file: &mut File) -> Result<u64> {
        let store = &**self.records.store();
        for number in 0.. {
            let Some(data) = bytes::part(store, ctx.space(), id, number).await? else {
                return Ok(u64::from(number > 0));
            };
            let data = STANDARD.encode(data);
            file.line(&json!({"kind": "file", "id": id.to_string(), "part": number, "base64": data})).await?;
        }
        Ok(1)
    }

    /// Events of these ids, as they are kept.
    async fn events(&self, ctx: &Ctx, ids: &[i64]) -> Result<Vec<J>> {
        let columns =
            [("id", Kind::Int), ("at", Kind::Int), ("type", Kind::Text), ("subject", Kind::Text), ("data", Kind::Text)];
        let mut events = Vec::with_capacity(ids.len());
        for ids in ids.chunks(CHUNK) {
            let columns: Vec<Expr> = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
            let select = Select::new(ctx.space(), system::EVENT, columns)
                .filter(Cond::Test {
                    left: Expr::column("id", Kind::Int),
                    op: Op::In,
                    right: Value::Ints(ids.to_vec()),
                })
                .order(Expr::column("id", Kind::Int), false);
            for row in self.records.store().rows(select).await? {
                let [Value::Int(id), Value::Int(at), Value::Text(name), Value::Text(subject), data] = row.as_slice()
                else {
                    continue;
                };
                let record: J = data.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
                events.push(json!({"id": id.to_string(), "time": datetime_text(*at), "type": name, "subject": subject,
                    "record": record}));
            }
        }
        Ok(events)
    }
}
