//! One file for each verb.

pub(crate) mod can;
pub(crate) mod checks;
pub(crate) mod collect;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod role;
pub(crate) mod scan;
