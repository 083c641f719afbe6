//! Mails about logins: invitations and links for a new password.

use kontor_model::show::escape_html;
use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Id, Result, SpaceId};
use kontor_outbox::{Composed, NewMessage};
use kontor_store::Batch;
use kontor_store::system::{INSTALLATION, ONE_TIME};
use sha2::{Digest, Sha256};

use super::account::Account;
use super::rows::int;
use super::tickets::Purpose;
use super::{Accounts, Membership, Origin, email, rows};
use crate::token;

/// A mail around one link.
fn letter(name: &str, lines: [&str; 2], link: &str, until: &str) -> (String, String) {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name.trim();
    let [why, ignore] = lines;
    let text = format!("Hello {name},\n\n{why}\n\n{link}\n\nThe link works once, until {until}. {ignore}\n");
    let (name, link) = (escape_html(name), escape_html(link));
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><body>\n<p>Hello {name},</p>\n<p>{why}</p>\n<p><a href=\"{link}\">{link}</a></p>\n\
         <p>The link works once, until {until}. {ignore}</p>\n</body></html>\n"
    );
    (text, html)
}

impl Accounts {
    /// The mail with an invitation, or with a link for a new password that an administrator asked for; none in a
    /// process that has no address, or without the master key: then the link is in the answer only.
    pub(super) async fn invitation_mail(
        &self,
        space: SpaceId,
        name: &str,
        to: &str,
        purpose: Purpose,
        token: &str,
        expires_at: i64,
    ) -> Option<Composed> {
        let address = self.parts.outbox.address()?;
        let link = format!("{address}/sign-in?token={token}");
        let until = datetime_text(expires_at);
        let (what, subject, why) = if purpose == Purpose::Reset {
            (
                "password_reset",
                "Your new password",
                "An administrator sends you this link, with which you set a new password.",
            )
        } else {
            ("invitation", "Your invitation", "You are invited to work in Kontor. Follow this link to accept.")
        };
        let (text, html) = letter(name, [why, "If you did not expect it, do nothing."], &link, &until);
        let message = NewMessage {
            purpose: what,
            to: to.to_owned(),
            subject: subject.to_owned(),
            text,
            html: Some(html),
            one_time: true,
            hidden: false,
            expires_at: Some(expires_at),
        };
        match self.parts.outbox.compose(space, message).await {
            Ok(composed) => Some(composed),
            Err(error) => {
                tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "an invitation is not mailed");
                None
            }
        }
    }

    /// Counts a request for a new password; each address and each place may make some. What follows does not depend on
    /// whether there is such a login, and [`Accounts::mail_reset`] is done when the caller has its answer.
    ///
    /// # Errors
    /// 400001 for what is no address; 429000; the database's.
    pub async fn ask_reset(&self, address: &str, origin: Origin<'_>) -> Result<String> {
        let address = email::checked(address)?;
        let name = format!("reset:{}", token::hex(Sha256::digest(address.as_bytes()).as_slice()));
        // Never given back: every request counts.
        let _counted = self.throttle.login(name).await?;
        let _from = self.throttle.address(origin.ip).await?;
        Ok(address)
    }

    /// Mails a link for a new password to a login that has one; nothing where no mail would leave.
    ///
    /// # Errors
    /// The database's.
    pub async fn mail_reset(&self, address: &str) -> Result<()> {
        let Some(account) = self.account_of(address).await?.filter(|account| account.password.is_some()) else {
            return Ok(());
        };
        let Some(home) = self.home(&account).await? else { return Ok(()) };
        if self.parts.outbox.address().is_none() || self.parts.outbox.closed(home.space).await?.is_some() {
            tracing::warn!("a new password was asked for, and no mail can be sent");
            return Ok(());
        }
        self.send_reset(&account, &home).await
    }

    async fn send_reset(&self, account: &Account, home: &Membership) -> Result<()> {
        let Membership { space, user, .. } = home;
        let person = match self.active_person(*space, *user).await {
            Err(error) if matches!(error.code(), ErrorCode::RuleRefused | ErrorCode::NotFound) => return Ok(()),
            other => other?,
        };
        let (secret, expires_at, row) = self.new_ticket(Purpose::Reset, Some(account.id), None)?;
        let address = self.parts.outbox.address().ok_or_else(|| Error::internal("no address to link to"))?;
        let link = format!("{address}/sign-in?token={secret}");
        let why = "Somebody asked for a new password for this address. Follow this link to set one.";
        let ignore = "If it was not you, do nothing: your password stays as it is.";
        let (text, html) = letter(&person.name, [why, ignore], &link, &datetime_text(expires_at));
        let message = NewMessage {
            purpose: "password_reset",
            to: account.email.clone(),
            subject: "Your new password".to_owned(),
            text,
            html: Some(html),
            one_time: true,
            // A login is its person's alone, and may open other spaces too.
            hidden: true,
            expires_at: Some(expires_at),
        };
        let composed = self.parts.outbox.compose(*space, message).await?;
        let mut first = Batch::new(INSTALLATION);
        // An older link gives way.
        let older = vec![int("account_id", account.id.0), rows::text("purpose", Purpose::Reset.name())];
        first.writes.push(rows::delete(ONE_TIME, older, false));
        first.insert(ONE_TIME, row);
        self.parts.store.commit(first).await?;
        self.parts.store.commit(Batch { space: *space, writes: composed.writes }).await?;
        self.parts.outbox.wake();
        tracing::info!(account = account.id.0, message = composed.id.0, "a link for a new password is on its way");
        Ok(())
    }
}

/// Where a mail about an invitation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailed {
    pub message: Id,
    pub state: kontor_outbox::State,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_and_nothing_else() {
        let name = "<b>Ada</b>\r\nBcc: eve@example.com";
        let (text, html) = letter(name, ["Why.", "Ignore."], "https://crm.example/sign-in?token=a&b", "2027-01-01");
        assert!(
            html.contains("&lt;b&gt;Ada&lt;/b&gt;") && html.contains("token=a&amp;b") && !html.contains("<b>"),
            "{html}"
        );
        assert!(text.lines().next().unwrap().ends_with("Bcc: eve@example.com,"), "{text}");
    }
}
