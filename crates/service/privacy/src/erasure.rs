//! Erasure: the person goes, the books stay.

use kontor_audit::{NewEntry, about, redact};
use kontor_model::{Result, SpaceId, Value};
use kontor_records::Ctx;
use kontor_store::Batch;
use serde_json::{Value as J, json};

use crate::Request;
use crate::graph::{Found, Relation, is_personal};
use crate::lines;
use crate::needles::Needles;
use crate::request::{archives, forget_archive};
use crate::service::{Privacy, USER};

/// Entries that one order lists.
const LISTED: usize = 500;

impl Privacy {
    /// Erases; the certificate's counts. Doing it again after a part of it was done does the rest.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn erase(&self, ctx: &Ctx, request: &Request, found: &[Found], mut needles: Needles) -> Result<J> {
        let (mut records, mut fields, mut histories) = (0_u64, 0_u64, 0_u64);
        let mut left: Vec<J> = Vec::new();
        let mut kept: Vec<J> = Vec::new();
        let (space, subject) = (ctx.space(), request.subject.id);
        let is_user = request.subject.object == USER;
        if is_user && let Some(address) = self.logins.address(space, subject).await? {
            needles.add(&address, true);
        }
        for one in found.iter().skip(1) {
            let reference = || json!({"object": one.def.name, "id": one.id.to_string()});
            if one.relation == Relation::Kept {
                kept.push(reference());
                continue;
            }
            let emptied = self.fields(one, &needles);
            let whole = matches!(one.relation, Relation::Subject | Relation::About);
            if whole || !emptied.is_empty() || self.is_mentioned(ctx, one, &needles).await? {
                self.records.erase(ctx, &one.def, one.id, &emptied).await?;
                needles.ids.push(format!("\"{}\"", one.id));
                records += u64::from(!emptied.is_empty());
                fields += emptied.len() as u64;
                histories += 1;
            }
            if one.relation == Relation::Linked {
                left.push(reference());
            }
        }
        let loose = self.loose(ctx, request, &needles).await?;
        let (named, known) = (needles.clone(), needles.clone());
        let forgotten = self.transfer.forget(ctx.space(), &move |text| named.named(text)).await?;
        let answers = self.transfer.forget_answers(ctx.space(), &move |text| known.named(text)).await?;
        let messages =
            self.outbox.forget(space, &|to| needles.is_addressed(to), &|text| needles.is_theirs(text)).await?;
        let store = &**self.records.store();
        let keeps_bodies = lines::are_kept(store, space).await?;
        let mut log_lines = 0;
        if keeps_bodies {
            log_lines += lines::forget(store, space, &|text| needles.named(text)).await?;
        }
        let login = is_user && self.logins.forget(space, subject).await?;
        // The person's own record last: it is where a second try learns what to look for.
        for one in found.iter().take(1) {
            let emptied = self.fields(one, &needles);
            self.records.erase(ctx, &one.def, one.id, &emptied).await?;
            records += 1;
            fields += emptied.len() as u64;
            histories += 1;
        }
        if keeps_bodies {
            // Of requests that read the record before it was emptied, and have their lines only now.
            tokio::time::sleep(lines::BEHIND).await;
            log_lines += lines::forget(store, space, &|text| needles.named(text)).await?;
        }
        let mut archived = 0_u64;
        for old in archives(store, space, subject).await? {
            self.forget_archive(space, &old).await?;
            archived += 1;
        }
        // What was deleted is off the disk, too.
        store.scrub().await?;
        Ok(json!({
            "counts": {
                "records": records, "fields": fields, "histories": histories, "audit_entries": loose,
                "stored_answers": answers, "files": forgotten.files, "files_in_use": forgotten.in_use,
                "jobs": forgotten.jobs, "archives": archived, "messages": messages.messages,
                "messages_under_way": messages.under_way, "log_lines": log_lines, "logins": u64::from(login),
            },
            "kept_by_law": kept,
            "linked": left,
        }))
    }

    /// Removes the archive of a request.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn forget_archive(&self, space: SpaceId, request: &Request) -> Result<()> {
        if let Some(blob) = request.blob_id {
            self.transfer.blobs().delete(space, blob).await?;
            forget_archive(&**self.records.store(), space, request.id).await?;
        }
        Ok(())
    }

    /// The fields of a record that have to go: of the person's own and what was written about them all that are
    /// personal; of others those that name them.
    fn fields(&self, one: &Found, needles: &Needles) -> Vec<usize> {
        let named = |value: &Value| value.as_str().is_some_and(|text| needles.is_theirs(text));
        let goes = |value: &Value| match one.relation {
            Relation::Subject | Relation::About => !is_erased(value),
            Relation::Linked => named(value),
            Relation::Kept => false,
        };
        let fields = one.def.fields.iter().zip(&one.record.values).enumerate();
        fields
            .filter(|(_, (field, value))| {
                !value.is_null() && (is_personal(&one.def, field) || one.def.custom && field.custom) && goes(value)
            })
            .filter(|(_, (field, _))| field.ty.as_reference().is_none())
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether what was written down about a record names the person.
    async fn is_mentioned(&self, ctx: &Ctx, one: &Found, needles: &Needles) -> Result<bool> {
        let entries = about::record(&**self.records.store(), ctx.space(), one.id.0).await?;
        Ok(entries.iter().any(|entry| entry.changes.as_deref().is_some_and(|text| needles.is_theirs(text))))
    }

    /// Redacts entries that belong to no record and name the person (an export's filter); says how many.
    async fn loose(&self, ctx: &Ctx, request: &Request, needles: &Needles) -> Result<usize> {
        let entries = about::record(&**self.records.store(), ctx.space(), 0).await?;
        let names = |text: &str| needles.mentioned(text);
        let ids: Vec<i64> = entries
            .iter()
            .filter(|e| e.action != "erase" && e.changes.as_deref().is_some_and(names))
            .map(|e| e.id)
            .collect();
        for ids in ids.chunks(LISTED) {
            let now = self.records.clock().now_ms();
            let listed: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let order = NewEntry {
                id: self.records.ids().next(),
                at: now,
                object: "audit",
                // Of no record, so that no other erasure takes the list away.
                record_id: 0,
                version: 0,
                action: "erase",
                who: ctx.who(),
                request_id: &ctx.request_id,
                changes: json!({"request": request.id.to_string(), "entries": listed}).to_string(),
            };
            let mut writes: Vec<_> = ids.iter().map(|id| redact::entry(*id, now)).collect();
            writes.push(order.write()?);
            self.records.store().commit(Batch { space: ctx.space(), writes }).await?;
        }
        Ok(ids.len())
    }
}

/// Whether a value is what erasure leaves.
pub fn is_erased(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("erased "))
}
