//! Takes the secrets of credentials. What comes in here leaves only in calls.

use std::sync::Arc;

use kontor_model::{Change, Changes, Error, Fault, Id, Json, Kind, Mode, Result, Step, Value};
use kontor_records::{Access, Answer, Ctx, Outcome, Records, Sealing};
use kontor_store::{ColumnRef, OnConflict, Write, system};
use serde_json::json;

use super::Kept;
use super::google::ServiceAccount;
use crate::CREDENTIAL;

/// Characters of a secret.
const LONGEST: usize = 16 << 10;

/// Credentials and what seals them.
pub struct Credentials {
    pub records: Arc<Records>,
    pub sealing: Arc<dyn Sealing>,
}

impl Credentials {
    /// Keeps the secret of a credential, in place of the one before; answers with the record, which does not have it.
    ///
    /// # Errors
    /// 403 without the right to change credentials, 404001; 400001 for a secret that is none of the provider; the
    /// master key is not at hand; the database's.
    pub async fn keep(
        &self,
        ctx: &Ctx,
        id: Id,
        secret: &str,
        render: &(dyn Fn(&[Result<Outcome>]) -> Answer + Send + Sync),
    ) -> Result<Answer> {
        ctx.caller.may(Access::Write, ctx.catalog.require(CREDENTIAL)?)?;
        let found = self.records.glimpse(ctx, async |sight| sight.visible(CREDENTIAL, id).await).await?;
        let provider = found.text("provider").to_owned();
        let account = account(&provider, secret)?;
        let kept = Kept { provider, url: found.text("url").to_owned(), secret: secret.to_owned() };
        let sealed = self.sealing.seal(id.0, &serde_json::to_vec(&kept).map_err(Error::internal)?)?;
        let now = kontor_model::time::datetime_text(self.records.clock().now_ms());
        let data = json!({"secret_set_at": now, "account": account});
        let change = Change::Update {
            object: CREDENTIAL.to_owned(),
            id,
            if_match: None,
            mode: Mode::Merge,
            data: Json::from(&data),
        };
        let step = Step::of_service(change).touching().told("set_secret", "secret_set");
        let changes = Changes { steps: vec![step], ..Changes::default() };
        let also = |_: &[Result<Outcome>]| {
            vec![Write::Insert {
                table: system::FUNCTION_SECRET.into(),
                columns: [("credential_id", Kind::Int), ("secret", Kind::Text)]
                    .map(|(n, k)| ColumnRef::new(n, k))
                    .into(),
                values: vec![id.0.into(), Value::text(sealed.clone())],
                on_conflict: OnConflict::Replace,
                search: None,
            }]
        };
        self.records.change_and(ctx, changes, true, render, &also).await
    }
}

/// Whether it is a secret of this provider; of Google whose.
fn account(provider: &str, secret: &str) -> Result<Option<String>, Error> {
    let bad = |why: &str| Error::from(Fault::new("secret", "format", why));
    if secret.len() > LONGEST {
        return Err(bad("is longer than any key"));
    }
    let is_word = |least: usize| secret.len() >= least && secret.bytes().all(|b| b.is_ascii_graphic());
    match provider {
        "google" => Ok(Some(ServiceAccount::read(secret)?.email)),
        "aws" if !is_word(16) => Err(bad("must be a secret access key, without blanks")),
        _ if !is_word(1) => Err(bad("must be a function key, without blanks")),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_of_its_provider() {
        for (provider, secret) in
            [("aws", "short"), ("aws", "with a blank in it, long"), ("azure", ""), ("azure", "a\nb"), ("google", "{}")]
        {
            let error = account(provider, secret).unwrap_err();
            assert_eq!(error.code().status(), 400, "{provider}");
        }
        assert!(account("azure", &"x".repeat(LONGEST + 1)).is_err());
        assert_eq!(account("aws", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap(), None);
        assert_eq!(account("azure", "k3y==").unwrap(), None);
    }
}
