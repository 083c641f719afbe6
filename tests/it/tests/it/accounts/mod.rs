//! People's logins, their sessions, and API keys over the API.

mod factors;
mod first_sign_in;
mod grants;
mod invitations;
mod keys;
mod person;
mod secrets;
mod sessions;
mod throttle;
