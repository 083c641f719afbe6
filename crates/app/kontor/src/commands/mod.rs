//! One file for each command.

pub mod audit;
pub mod backup;
pub mod contracts;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod settings;
pub mod users;
