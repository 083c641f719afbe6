//! Two workspaces on one server: whatever one of them is asked with the other's ids, the answer is that of an id that
//! nobody ever had, and nothing of the other changes.

mod cases;
pub mod dump;
mod fuzz;
mod objects;
mod pair;
mod probe;
mod routes;
mod tenants;
mod world;
