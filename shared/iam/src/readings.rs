//! Questions on which AWS's documents and AWS's behaviour may part, and what is made of them.
//!
//! Each has a narrow and a wide reading. Where a reading is left open both are tried, and only what
//! both agree on is sure. A concrete evaluation fixes every reading, so that the two-sided one can be
//! tested against all of them.

use crate::tri::Tri;

macro_rules! readings {
    ($($(#[$doc:meta])* $name:ident $code:literal $believed:ident;)*) => {
        /// An open question.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reading { $($(#[$doc])* $name),* }

        impl Reading {
            /// Every question.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in explanations and case files.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            const fn believed_wide(self) -> bool {
                match self { $(Self::$name => Belief::$believed.wide()),* }
            }
        }
    };
}

enum Belief {
    Narrow,
    Wide,
}

impl Belief {
    const fn wide(&self) -> bool {
        matches!(self, Self::Wide)
    }
}

readings! {
    /// Narrow: segments of an ARN are matched one by one. Wide: the whole text is one glob, so a `*` may run over colons.
    StarCrossesColon "star-crosses-colon" Wide;
    /// A wildcard in the service segment of a resource pattern. Narrow: matches nothing. Wide: a plain glob.
    ServiceSegmentGlob "service-segment-glob" Wide;
    /// Partition, service, Region and account of a resource. Narrow: exact. Wide: ASCII case is ignored.
    PrefixCase "prefix-case" Wide;
    /// A wildcard inside the word that names the resource's type, `ta?k/x`. Narrow: matches nothing. Wide: a plain glob.
    TypeWordGlob "type-word-glob" Wide;
    /// A wildcard in the service of an action, `s*:GetObject`. Narrow: matches nothing. Wide: a plain glob.
    ActionServiceGlob "action-service-glob" Narrow;
    /// White space around or in an action. Narrow: never matches. Wide: trimmed, then matched.
    ActionWhitespace "action-whitespace" Narrow;
    /// An action without resource types, asked of a statement with a specific ARN. Narrow: no match. Wide: match.
    NoResourceActionOnArn "no-resource-action-on-arn" Narrow;
    /// An ARN pattern with fewer than six segments. Narrow: no match. Wide: padded with `*` as its kind of document allows.
    ShortArn "short-arn" Wide;
    /// A policy variable in a Bool value. Narrow: literal text. Wide: substituted.
    VariableInBool "variable-in-bool" Narrow;
    /// `${key,'default'}` without the space. Narrow: literal text. Wide: the default applies.
    DefaultWithoutSpace "default-without-space" Narrow;
    /// A key present with the value `""`, for Null and the set operators. Narrow: the value `""`. Wide: as if absent.
    EmptyIsNull "empty-is-null" Wide;
    /// Several values under an operator without a set prefix. Narrow: no match. Wide: matches if any value does.
    PlainOperatorOnMany "plain-operator-on-many" Narrow;
    /// The IgnoreCase operators. Narrow: ASCII folding. Wide: Unicode simple folding.
    FoldBeyondAscii "fold-beyond-ascii" Narrow;
    /// An unparsable number, date, CIDR, base64 or bool. Narrow: no match. Wide: matches.
    GarbageValue "garbage-value" Narrow;
    /// An ARN operator on a value that is no ARN. Narrow: no match. Wide: string glob.
    ArnOperatorOnNonArn "arn-operator-on-non-arn" Narrow;
    /// `::ffff:1.2.3.4` against an IPv4 range. Narrow: no match. Wide: matches.
    MappedIpv6 "mapped-ipv6" Narrow;
    /// Two tags whose keys differ in case only. Narrow: neither matches. Wide: either matches.
    TagKeyCase "tag-key-case" Wide;
    /// Statements whose form was not understood, and unknown operators. Narrow: do not apply. Wide: apply.
    Malformed "malformed" Narrow;
    /// A resource policy that allows `*`, and a caller of the same account. Narrow: like naming the account. Wide: like naming the session.
    StarPrincipal "star-principal" Wide;
}

/// What is made of each open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    /// Questions read wide in every case.
    lo: u32,
    /// Questions read wide in some case; a superset of `lo`.
    hi: u32,
}

impl Readings {
    /// Everything open: the two-sided evaluation.
    pub const OPEN: Self = Self { lo: 0, hi: u32::MAX };

    /// Fixes every question: those whose bit (`1 << reading as u8`) is set are read wide, the others narrow.
    #[must_use]
    pub const fn fixed(wide: u32) -> Self {
        Self { lo: wide, hi: wide }
    }

    /// Every question as AWS is believed to answer it.
    #[must_use]
    pub fn believed() -> Self {
        Self::fixed(Reading::ALL.iter().filter(|one| one.believed_wide()).fold(0, |bits, one| bits | 1 << *one as u8))
    }

    /// The same with one question fixed.
    #[must_use]
    pub const fn with(self, reading: Reading, wide: bool) -> Self {
        let bit = 1 << reading as u8;
        if wide { Self { lo: self.lo | bit, hi: self.hi | bit } } else { Self { lo: self.lo & !bit, hi: self.hi & !bit } }
    }

    /// The same with every open question read narrow, and with every one read wide.
    #[must_use]
    pub const fn ends(self) -> [Self; 2] {
        [Self::fixed(self.lo), Self::fixed(self.hi)]
    }

    /// Whether the question is read wide in every case.
    #[must_use]
    pub const fn surely_wide(self, reading: Reading) -> bool {
        self.lo & (1 << reading as u8) != 0
    }

    /// Whether the question is read wide in some case.
    #[must_use]
    pub const fn possibly_wide(self, reading: Reading) -> bool {
        self.hi & (1 << reading as u8) != 0
    }

    /// The result of a test that depends on one question: of the reading that is fixed, or what both
    /// agree on.
    #[must_use]
    pub fn split(self, reading: Reading, test: impl Fn(bool) -> Tri) -> Tri {
        match (self.surely_wide(reading), self.possibly_wide(reading)) {
            (true, _) => test(true),
            (false, false) => test(false),
            (false, true) => test(false).join(test(true)),
        }
    }

    /// The two corners, for tests that only grow when questions are read wider: what holds in the
    /// narrowest case must hold, what holds in the widest may. The closure is handed a predicate that
    /// tells which questions are read wide.
    #[must_use]
    pub fn corners(self, test: impl Fn(&dyn Fn(Reading) -> bool) -> bool) -> Tri {
        let narrowest = test(&|reading| self.surely_wide(reading));
        Tri::of(narrowest, narrowest || self.lo != self.hi && test(&|reading| self.possibly_wide(reading)))
    }
}
