//! People's logins, their sessions, and API keys over the API.

mod factors;
mod first_sign_in;
mod grants;
mod guesses;
mod invitations;
mod keys;
pub mod passkeys;
pub mod person;
pub mod secrets;
mod seeing;
mod sessions;
mod throttle;
