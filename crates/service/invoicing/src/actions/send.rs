//! `POST /v1/{invoices,credit_notes}/{id}/send`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::records::sees_whole;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight};

use crate::papers::draw::{document, parts};
use crate::papers::letter::{Said, with};

/// Of invoices, or of credit notes.
pub(super) struct Send(pub &'static str);

impl Act for Send {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "send"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let record = &asked.record;
            sees_whole(sight, &parts(self.0))?;
            if matches!(record.text("status"), "draft" | "void") {
                return Err(super::wrong_state(record, "only one that was finalized, and not voided, is sent"));
            }
            let document = document(sight, record, None).await?;
            let text = asked.input.text("message").map(str::to_owned);
            let said = Said { purpose: self.0, subject: None, text };
            let letter = with(&document, asked.input.text("to"), said).await?;
            let step = sight.update(record, &[("sent_at", sight.now().into())])?;
            Ok(Plan::one(step.touching().told("send", "sent").with_letter(letter)))
        }
        .boxed()
    }
}
