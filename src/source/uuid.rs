//! UUIDs as texts: read in the forms that databases take them in, written in the canonical one.

/// With hyphens or without, in braces or not, in either case; none for anything else.
pub fn parse(text: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let mut bytes = [0; 16];
    let mut digits = 0;
    for c in inner.chars().filter(|c| *c != '-') {
        let digit = u8::try_from(c.to_digit(16)?).ok()?;
        *bytes.get_mut(digits / 2)? |= if digits % 2 == 0 { digit << 4 } else { digit };
        digits += 1;
    }
    (digits == 32).then_some(bytes)
}

/// Appends the canonical form: lower case, 8-4-4-4-12.
pub fn write(uuid: &[u8; 16], out: &mut Vec<u8>) {
    /// Hyphens stand before the bytes of these numbers.
    const GROUPS: [usize; 4] = [4, 6, 8, 10];
    for (i, byte) in uuid.iter().enumerate() {
        if GROUPS.contains(&i) {
            out.push(b'-');
        }
        out.extend([byte >> 4, byte & 15].map(|half| b"0123456789abcdef"[usize::from(half)]));
    }
}

/// The canonical form.
pub fn text(uuid: &[u8; 16]) -> String {
    let mut out = Vec::with_capacity(36);
    write(uuid, &mut out);
    String::from_utf8(out).expect("hexadecimal digits and hyphens are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all() {
        let canonical = "0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42";
        for written in [canonical, "{0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42}", "0b0e3d6a5d4c4a538d378cb1b8fa9b42"] {
            assert_eq!(parse(written).map(|uuid| text(&uuid)).as_deref(), Some(canonical), "{written}");
        }
        for bad in
            ["", "0b0e3d6a", "0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b423", "0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b4x", "é"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
