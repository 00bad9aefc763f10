//! `like`: `%` is any text, `_` any one character; ASCII letters match in either case, as in SQLite.

/// Whether all of `text` matches. An `escape` takes the meaning from the character after it, its own included; a
/// pattern that ends in its escape matches nothing.
pub(super) fn matches(pattern: &str, escape: Option<char>, text: &str) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    // After the last `%` seen: the pattern behind it, and where in the text it is being tried.
    let mut retry = None;
    loop {
        let mut ahead = pattern.clone();
        match next(&mut ahead, escape) {
            Some(Element::AnyText) => {
                retry = Some((ahead.clone(), text.clone()));
                pattern = ahead;
                continue;
            }
            None if text.as_str().is_empty() => return true,
            Some(Element::AnyCharacter) if text.next().is_some() => {
                pattern = ahead;
                continue;
            }
            Some(Element::Character(wanted)) if text.next().is_some_and(|found| same(wanted, found)) => {
                pattern = ahead;
                continue;
            }
            Some(Element::Broken) => return false,
            _ => {}
        }
        // No match here: the last `%` takes in one character more.
        let Some((behind, tried)) = &mut retry else { return false };
        if tried.next().is_none() {
            return false;
        }
        pattern = behind.clone();
        text = tried.clone();
    }
}

enum Element {
    AnyText,
    AnyCharacter,
    Character(char),
    /// An escape with nothing after it.
    Broken,
}

fn next(pattern: &mut std::str::Chars<'_>, escape: Option<char>) -> Option<Element> {
    let char = pattern.next()?;
    Some(if Some(char) == escape {
        pattern.next().map_or(Element::Broken, Element::Character)
    } else {
        match char {
            '%' => Element::AnyText,
            '_' => Element::AnyCharacter,
            char => Element::Character(char),
        }
    })
}

fn same(left: char, right: char) -> bool {
    left.eq_ignore_ascii_case(&right)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (text, pattern, matched) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("a", "", false),
            ("abc", "ABC", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("äbc", "_bc", true),
            ("äbc", "Äbc", false),
            ("aXbXc", "a%x%c", true),
            ("aab", "%ab", true),
            ("mississippi", "m%iss%ip_i", true),
            ("mississippi", "m%iss%is%is%", false),
            ("100%", "100\\%", false),
        ] {
            assert_eq!(matches(pattern, None, text), matched, "{text} like {pattern}");
        }
    }

    #[test]
    fn escapes() {
        for (text, pattern, escape, matched) in [
            ("100%", "100\\%", '\\', true),
            ("1000", "100\\%", '\\', false),
            ("a_b", "a!_b", '!', true),
            ("axb", "a!_b", '!', false),
            ("a!b", "a!!b", '!', true),
            ("ab", "ab!", '!', false),
            ("a%b", "a%%b", '%', true),
            ("axb", "a%%b", '%', false),
            ("xyz", "%z!", '!', false),
        ] {
            assert_eq!(matches(pattern, Some(escape), text), matched, "{text} like {pattern} escape {escape}");
        }
    }

    #[test]
    fn many_wildcards_do_not_explode() {
        let text = "a".repeat(2000);
        assert!(!matches(&format!("{}b", "%a".repeat(50)), None, &text));
        assert!(matches(&format!("{}%", "%a".repeat(50)), None, &text));
    }
}
