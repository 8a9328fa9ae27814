//! What AWS guarantees of some keys, whoever calls: the form of their values, and whether they are there.
//!
//! Only keys that matter for conditions which restrict nothing. Everything else may have any value.
//!
//! Source: IAM User Guide, "AWS global condition context keys".

/// The form of a key's values. Where it is not free text, values are well-formed and never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text, the empty one too.
    Free,
    /// Some text.
    Filled,
    /// `true` or `false`.
    Truth,
    /// An IPv4 or IPv6 address.
    Address,
}

/// Whether requests of role sessions carry a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Always,
    Perhaps,
    Never,
}

/// What is known of a key, whose name is in lower case.
pub(super) fn known(key: &str) -> (Form, Carried) {
    KEYS.iter().find(|(name, ..)| *name == key).map_or((Form::Free, Carried::Perhaps), |&(_, form, carried)| (form, carried))
}

const KEYS: &[(&str, Form, Carried)] = &[
    ("aws:currenttime", Form::Filled, Carried::Always),
    ("aws:epochtime", Form::Filled, Carried::Always),
    ("aws:federatedprovider", Form::Filled, Carried::Never),
    ("aws:multifactorauthage", Form::Filled, Carried::Never),
    ("aws:multifactorauthpresent", Form::Truth, Carried::Never),
    ("aws:principalaccount", Form::Filled, Carried::Always),
    ("aws:principalarn", Form::Filled, Carried::Always),
    ("aws:principalisawsservice", Form::Truth, Carried::Always),
    ("aws:principaltype", Form::Filled, Carried::Always),
    ("aws:securetransport", Form::Truth, Carried::Always),
    ("aws:sourceip", Form::Address, Carried::Perhaps),
    ("aws:tokenissuetime", Form::Filled, Carried::Always),
    ("aws:userid", Form::Filled, Carried::Always),
    ("aws:username", Form::Filled, Carried::Never),
    ("aws:viaawsservice", Form::Truth, Carried::Always),
    ("aws:vpcsourceip", Form::Address, Carried::Perhaps),
];
