//! What the parser did not understand, or has to say to the reader.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal;)*) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

codes! {
    /// The text is no JSON. There is no document.
    JsonSyntax "json-syntax";
    /// The text is JSON, but no object. There is no document.
    NotAnObject "not-an-object";
    /// The text is longer than AWS accepts. There is no document.
    TooLarge "too-large";
    /// Lists and objects are nested too deep. There is no document.
    TooDeep "too-deep";
    /// There is no `Statement`: the document grants and denies nothing.
    StatementMissing "statement-missing";
    /// An element stands twice. All its values are kept, and it is in doubt.
    DuplicateKey "duplicate-key";
    /// `Effect` is missing, or neither `Allow` nor `Deny`. The statement may be either.
    EffectInvalid "effect-invalid";
    /// An element has a type it must not have. The statement is in doubt.
    WrongType "wrong-type";
    /// `Action` stands beside `NotAction`. The statement is in doubt.
    ActionBoth "action-both";
    /// `Resource` stands beside `NotResource`. The statement is in doubt.
    ResourceBoth "resource-both";
    /// `Principal` stands beside `NotPrincipal`. The statement is in doubt.
    PrincipalBoth "principal-both";
    /// Neither `Action` nor `NotAction`. The statement surely matches nothing.
    ActionMissing "action-missing";
    /// Neither `Resource` nor `NotResource`, where one has to be. The statement surely matches nothing.
    ResourceMissing "resource-missing";
    /// Neither `Principal` nor `NotPrincipal`, where one has to be. The statement surely matches nobody.
    PrincipalMissing "principal-missing";
    /// A list without entries. The statement surely matches nothing.
    EmptyList "empty-list";
    /// An element nobody knows. The rest stands.
    UnknownElement "unknown-element";
    /// A version nobody knows. The document is read as one of 2012, which is what a later one would extend.
    VersionUnknown "version-unknown";
    /// A principal in a policy that has none. It is ignored.
    PrincipalInIdentity "principal-in-identity";
    /// A character that policies must not hold. It is compared as it is.
    CharacterOutOfRange "character-out-of-range";
    /// A `%` of a percent-encoded text that no two hexadecimal digits follow. It stands for itself.
    PercentMalformed "percent-malformed";
    /// An action without colon, service or name, that is not `*`. It never matches.
    ActionMalformed "action-malformed";
    /// White space around or in an action.
    ActionWhitespace "action-whitespace";
    /// A resource that is no ARN and not `*`. It surely matches nothing.
    ArnMalformed "arn-malformed";
    /// A resource with fewer than six segments.
    ArnShort "arn-short";
    /// `${` without `}`. It is literal text, and may match otherwise.
    VariableUnterminated "variable-unterminated";
    /// A variable before the last segment of an ARN. It is literal text, and may match otherwise.
    VariableBeforeResourcePart "variable-before-resource-part";
    /// A variable in a document of the version of 2008: literal text.
    VariableIn2008 "variable-in-2008";
    /// An operator nobody knows. The condition is open.
    OperatorUnknown "operator-unknown";
    /// A value that should be a number and is none.
    NumberInvalid "number-invalid";
    /// A value that should be a date and is none.
    DateInvalid "date-invalid";
    /// A value that should be an address range and is none.
    CidrInvalid "cidr-invalid";
    /// A value that should be base64 and is not.
    Base64Invalid "base64-invalid";
    /// A value that should be `true` or `false` and is neither.
    BoolInvalid "bool-invalid";
    /// An action, or a pattern of actions, that the catalogue has nothing for. It is kept.
    ActionUnknown "action-unknown";
    /// A condition that holds always. Told by the evaluator.
    ConditionVacuous "condition-vacuous";
    /// Conditions that never hold together. Told by the evaluator.
    ConditionContradictory "condition-contradictory";
    /// A statement that has no effect. Told by the evaluator.
    StatementIneffective "statement-ineffective";
    /// An Allow that a Deny covers. Told by the evaluator.
    StatementShadowed "statement-shadowed";
}

/// Something that was not understood, or that the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What is wrong.
    pub code: Code,
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What was found and what to do, for people.
    pub text: String,
}
