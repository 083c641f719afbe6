//! The authorization server, as a client and a person's browser meet it.

mod browser;
mod clients;
mod code;
mod device;
mod discovery;
mod documents;
mod dpop;
mod exchange;
mod pages;
mod party;
mod races;
mod refresh;
mod signed;
mod tokens;
