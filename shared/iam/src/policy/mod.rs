//! Policy documents: what was written, as it was understood.

mod actions;
mod build;
mod elements;
mod invalid;
mod json;
mod model;
mod parse;
mod print;
mod problem;
mod reader;
mod text;

pub use model::{
    ActionPattern, Actions, Atom, Document, Effect, Kind, Operator, Principals, Quantifier, Resources, Statement, Test, Version,
};
pub use parse::{MOST_BYTES, MOST_DEPTH, Parsed, parse};
pub use print::{print, size};
pub use problem::{Code, Problem};
