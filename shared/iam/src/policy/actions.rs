//! Which actions a statement names.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Action" and "NotAction". Case never counts. An
//! action the catalogue does not hold is decided by the patterns, so that `NotAction` takes in what
//! AWS adds later.

use super::model::{ActionForm, ActionPattern, Actions};
use crate::catalogue::{Action, IdRanges, expand, expand_any_service};
use crate::glob;
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

impl Actions {
    /// `Action`, or `NotAction` if `negated`, with these entries.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(negated: bool, texts: impl IntoIterator<Item = T>) -> Self {
        Self::of(negated, texts.into_iter().map(ActionPattern::new).collect(), |_| ())
    }

    /// The same; tells the positions of entries that no action of the catalogue matches.
    pub(super) fn of(negated: bool, patterns: Vec<ActionPattern>, mut unknown: impl FnMut(usize)) -> Self {
        let (mut narrow, mut wide) = (Vec::with_capacity(patterns.len()), Vec::new());
        for (n, pattern) in patterns.iter().enumerate() {
            let before = narrow.len() + wide.len();
            match pattern.form {
                ActionForm::Malformed => continue,
                ActionForm::OfService | ActionForm::Everything if !pattern.spaced => expand(&pattern.folded, &mut narrow),
                _ => expand_any_service(&pattern.folded, &mut wide),
            }
            if narrow.len() + wide.len() == before {
                unknown(n);
            }
        }
        let named = IdRanges::from_ranges(narrow);
        let named_widely = (!wide.is_empty()).then(|| named.union(&IdRanges::from_ranges(wide)));
        Self { negated, patterns, named, named_widely }
    }

    /// Whether they name what is asked about. Of a pattern of actions: surely all of them, surely none,
    /// or else it is open, as it is for an empty list.
    #[must_use]
    pub fn matches(&self, action: &Action<'_>, readings: Readings) -> Tri {
        if self.patterns.is_empty() {
            return Tri::Open;
        }
        let named = self.named(action, readings);
        if self.negated { !named } else { named }
    }

    fn named(&self, action: &Action<'_>, readings: Readings) -> Tri {
        match *action {
            Action::Known(id) => match &self.named_widely {
                _ if self.named.contains(id) => Tri::True,
                Some(wide) if wide.contains(id) => {
                    let name = id.folded();
                    readings.corners(|wide| self.any(wide, |pattern| glob::matches(pattern, &name)))
                }
                _ => Tri::False,
            },
            Action::Named(name) => readings.corners(|wide| self.any(wide, |pattern| glob::matches(pattern, name))),
            Action::Pattern(asked) => {
                let must = self.any(&|one| readings.surely_wide(one), |pattern| glob::covers(pattern, asked));
                Tri::of(must, must || self.any(&|one| readings.possibly_wide(one), |pattern| glob::intersects(pattern, asked)))
            }
        }
    }

    fn any(&self, wide: &dyn Fn(Reading) -> bool, relation: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| pattern.applies(wide) && (pattern.is_everything() || relation(&pattern.folded)))
    }
}

impl ActionPattern {
    /// Of what stands in a policy.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        // White space is rare, and nearly always ASCII.
        let suspicious = text.bytes().any(|byte| byte <= b' ' || !byte.is_ascii());
        let spaced = suspicious && text.contains(char::is_whitespace);
        let folded: Box<str> = if spaced { text.trim() } else { &text }.to_ascii_lowercase().into();
        let form = ActionForm::of(&folded);
        Self { text, folded, spaced, form }
    }

    /// Whether it names every action: `*` or `*:*`.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        matches!(self.form, ActionForm::Everything)
    }

    /// Whether it has a service and a name, or is `*`; else it never matches.
    #[must_use]
    pub const fn is_well_formed(&self) -> bool {
        !matches!(self.form, ActionForm::Malformed)
    }

    /// Whether it has white space around or in it.
    #[must_use]
    pub const fn is_spaced(&self) -> bool {
        self.spaced
    }

    fn applies(&self, wide: impl Fn(Reading) -> bool) -> bool {
        let form = match self.form {
            ActionForm::Malformed => false,
            ActionForm::AnyService => wide(Reading::ActionServiceGlob),
            ActionForm::Everything | ActionForm::OfService => true,
        };
        form && (!self.spaced || wide(Reading::ActionWhitespace))
    }
}

impl ActionForm {
    fn of(pattern: &str) -> Self {
        if pattern == "*" || pattern == "*:*" {
            return Self::Everything;
        }
        match pattern.split_once(':') {
            None | Some(("", _) | (_, "")) => Self::Malformed,
            Some((service, _)) if glob::has_wildcards(service) => Self::AnyService,
            Some(_) => Self::OfService,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::lookup;
    use crate::tri::Tri::{False, Open, True};

    fn ask(negated: bool, patterns: &[&str], action: &str, readings: Readings) -> Tri {
        let folded = action.to_lowercase();
        let actions = Actions::new(negated, patterns.iter().copied());
        let answer = actions.matches(&Action::of(&folded), readings);
        if let Some(id) = lookup(&folded) {
            // What the catalogue says of it must be what its name says.
            assert_eq!(actions.matches(&Action::Known(id), readings), actions.matches(&Action::Named(&folded), readings));
        }
        answer
    }

    #[test]
    fn patterns_name_actions_in_any_case() {
        for (patterns, action, expected) in [
            (&["*"][..], "s3:GetObject", True),
            (&["*:*"], "s3:GetObject", True),
            (&["*:*"], "new:ActionOfTomorrow", True),
            (&["s3:Get?bject"], "s3:GetObject", True),
            (&["S3:getobject"], "s3:GetObject", True),
            (&["IAM:passrole"], "iam:PassRole", True),
            (&["s3:*Object*Tagging"], "s3:GetObjectVersionTagging", True),
            (&["s3:*Object*Tagging"], "s3:GetObject", False),
            (&["s3:*"], "s3:ActionOfTomorrow", True),
            (&["ec2:*", "new:*"], "new:ActionOfTomorrow", True),
            (&["s3:*"], "new:ActionOfTomorrow", False),
            (&["new:ActionOfTomorrow"], "new:actionoftomorrow", True),
            (&["", "s3", "s3:", ":*", "**"], "s3:GetObject", False),
            (&["s3:Get*", "s3:*Object", "s3:GetObject"], "s3:GetObject", True),
        ] {
            assert_eq!(ask(false, patterns, action, Readings::OPEN), expected, "{patterns:?} {action}");
            assert_eq!(ask(true, patterns, action, Readings::OPEN), !expected, "not {patterns:?} {action}");
        }
    }

    #[test]
    fn questions_about_patterns() {
        for (patterns, asked, expected) in [
            (&["*"][..], "*", True),
            (&["*:*"], "*", True),
            (&["s3:*"], "*", Open),
            (&["s3:*"], "s3:get*", True),
            (&["s3:get*"], "s3:*", Open),
            (&["s3:get*"], "s3:put*", False),
            (&["s3:?*"], "s3:*?", True),
            (&["s3:get*", "s3:*"], "s3:*", True),
        ] {
            assert_eq!(ask(false, patterns, asked, Readings::OPEN), expected, "{patterns:?} {asked}");
            assert_eq!(ask(true, patterns, asked, Readings::OPEN), !expected, "not {patterns:?} {asked}");
        }
    }

    #[test]
    fn an_empty_list_is_open_either_way() {
        for negated in [false, true] {
            assert_eq!(ask(negated, &[], "s3:GetObject", Readings::OPEN), Open);
            assert_eq!(ask(negated, &[], "*", Readings::fixed(0)), Open);
        }
    }

    #[test]
    fn each_open_question_decides_by_itself() {
        for (reading, pattern) in [
            (Reading::ActionServiceGlob, "s*:GetObject"),
            (Reading::ActionServiceGlob, "*:GetObject"),
            (Reading::ActionServiceGlob, "??:*"),
            (Reading::ActionWhitespace, "s3:GetObject "),
            (Reading::ActionWhitespace, "\ts3:Get*"),
        ] {
            for action in ["s3:GetObject", "s3:GetObject*"] {
                let under = |readings: Readings| ask(false, &[pattern, "s3:Put*"], action, readings);
                assert!(under(Readings::OPEN).may() && !under(Readings::OPEN).must(), "{pattern}");
                for others in [Readings::fixed(0), Readings::fixed(u32::MAX)] {
                    assert_eq!(under(others.with(reading, false)), False, "{pattern} {others:?}");
                    assert!(under(others.with(reading, true)).may(), "{pattern} {others:?}");
                }
            }
        }
        // Both at once need both.
        let both = |space, glob| Readings::fixed(0).with(Reading::ActionWhitespace, space).with(Reading::ActionServiceGlob, glob);
        for (space, glob, expected) in [(false, true, False), (true, false, False), (true, true, True)] {
            assert_eq!(ask(false, &[" s*:GetObject"], "s3:GetObject", both(space, glob)), expected);
        }
        assert_eq!(ask(false, &["s3:Get Object"], "s3:GetObject", Readings::OPEN), False);
    }
}
