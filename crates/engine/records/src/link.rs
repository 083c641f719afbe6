//! Links for those who have no credential: each opens one page about one record, and says nothing to who has not got it.
//!
//! A link is a value, not a row: its page, space, record and mark, signed by the installation's secret. What it opens
//! may still be closed, by the mark that no longer fits or by the record's state.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use kontor_model::{Error, Id, Result, SpaceId};
use sha2::Sha256;

const TAG: usize = 16;
const NUMBERS: usize = 16;
/// The longest mark, in bytes.
const MARK: usize = 64;

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub space: SpaceId,
    /// The record that the page is about.
    pub id: Id,
    /// What else the page was told when the link was made; at most 64 bytes.
    pub mark: String,
}

/// Makes and reads links.
pub struct Links {
    mac: Hmac<Sha256>,
}

impl Links {
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        Self { mac }
    }

    fn signed(&self, page: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(b"kontor link 1\0");
        mac.update(page.as_bytes());
        mac.update(b"\0");
        mac.update(body);
        mac
    }

    /// A key for one purpose and one record, such as what calls for it are signed with.
    pub fn key(&self, purpose: &str, space: SpaceId, id: Id) -> [u8; 32] {
        let mut body = space.0.to_be_bytes().to_vec();
        body.extend_from_slice(&id.0.to_be_bytes());
        let mut mac = self.mac.clone();
        mac.update(b"kontor key 1\0");
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(&body);
        mac.finalize().into_bytes().into()
    }

    /// The token of a link.
    ///
    /// # Errors
    /// A mark that is too long.
    pub fn write(&self, page: &str, ticket: &Ticket) -> Result<String> {
        if ticket.mark.len() > MARK {
            return Err(Error::internal("the mark of a link is too long"));
        }
        let mut body = ticket.space.0.to_be_bytes().to_vec();
        body.extend_from_slice(&ticket.id.0.to_be_bytes());
        body.extend_from_slice(ticket.mark.as_bytes());
        let mut tag = self.signed(page, &body).finalize().into_bytes().to_vec();
        tag.truncate(TAG);
        tag.extend_from_slice(&body);
        Ok(URL_SAFE_NO_PAD.encode(tag))
    }

    /// What a link of this page says; none for one that was not made here.
    pub fn read(&self, page: &str, token: &str) -> Option<Ticket> {
        if token.len() > (TAG + NUMBERS + MARK) * 2 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, body) = bytes.split_at_checked(TAG)?;
        self.signed(page, body).verify_truncated_left(tag).ok()?;
        let (space, rest) = body.split_at_checked(8)?;
        let (id, mark) = rest.split_at_checked(8)?;
        let number = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
        Some(Ticket {
            space: SpaceId(number(space)?),
            id: Id(number(id)?),
            mark: String::from_utf8(mark.to_vec()).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_page_opens() {
        let links = Links::new(&[7; 32]);
        let ticket = Ticket { space: SpaceId(3), id: Id(i64::MAX), mark: "é".into() };
        let token = links.write("quotes", &ticket).unwrap();
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(links.read("quotes", &token), Some(ticket.clone()));
        assert_eq!(links.read("forms", &token), None);
        assert_eq!(Links::new(&[8; 32]).read("quotes", &token), None);
        for bad in ["", "x", "AAAA", &token[1..], &format!("{token}A"), &"A".repeat(10_000)] {
            assert_eq!(links.read("quotes", bad), None, "{bad}");
        }
        assert!(links.write("quotes", &Ticket { mark: "x".repeat(65), ..ticket }).is_err());
    }
}
