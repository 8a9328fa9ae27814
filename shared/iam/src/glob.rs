//! `*` and `?` in actions and resources.

/// Whether `text` matches `pattern`, where `*` stands for any characters and `?` for one.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => {
                p += 1;
                t += 1;
            }
            Some(c) if text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// Whether every text that matches `inner` surely matches `outer`.
///
/// Sound and not complete: a `false` says only that it could not be shown.
#[must_use]
pub fn covers(outer: &str, inner: &str) -> bool {
    if outer == "*" || outer == inner {
        return true;
    }
    // With `*` and `?` read as characters that only a `*` of the outer pattern can swallow.
    !inner.contains(['*', '?']) && matches(outer, inner) || star_covers(outer, inner)
}

fn star_covers(outer: &str, inner: &str) -> bool {
    let marked: String = inner
        .chars()
        .map(|c| {
            if c == '*' {
                '\u{1}'
            } else if c == '?' {
                '\u{2}'
            } else {
                c
            }
        })
        .collect();
    let (head, tail) = (outer.split('*').next().unwrap_or_default(), outer.rsplit('*').next().unwrap_or_default());
    // `?` of the outer pattern must not swallow a mark that stands for several characters.
    !outer.contains('?') && outer.contains('*') && marked.starts_with(head) && marked.ends_with(tail) && matches(outer, &marked)
}

/// Whether some text may match both patterns. Never wrong with `false`.
#[must_use]
pub fn may_overlap(a: &str, b: &str) -> bool {
    let fixed = |pattern: &str| -> (String, String) {
        let wild = |c: char| c == '*' || c == '?';
        let head = pattern.split(wild).next().unwrap_or_default().to_owned();
        let tail = pattern.rsplit(wild).next().unwrap_or_default().to_owned();
        (head, tail)
    };
    if !a.contains(['*', '?']) {
        return matches(b, a);
    }
    if !b.contains(['*', '?']) {
        return matches(a, b);
    }
    let ((head_a, tail_a), (head_b, tail_b)) = (fixed(a), fixed(b));
    (head_a.starts_with(&head_b) || head_b.starts_with(&head_a)) && (tail_a.ends_with(&tail_b) || tail_b.ends_with(&tail_a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Get*Acl", "s3:GetObjectAcl", true),
            ("s3:Get*Acl", "s3:GetObject", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn covering_and_overlap_agree_with_matching(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}", text in "[ab]{0,5}") {
            if covers(&a, &b) && matches(&b, &text) {
                prop_assert!(matches(&a, &text), "{a} covers {b} but not {text}");
            }
            if matches(&a, &text) && matches(&b, &text) {
                prop_assert!(may_overlap(&a, &b), "{a} and {b} both match {text}");
            }
        }
    }
}
