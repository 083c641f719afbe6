//! The authorization server, as a client and a person's browser meet it.

pub mod browser;
mod clients;
mod code;
mod device;
mod discovery;
mod documents;
mod dpop;
mod exchange;
mod forged;
mod nodes;
mod pages;
pub mod party;
mod races;
mod refresh;
pub mod signed;
mod tokens;
