//! Texts for a shell, as parts of commands that people paste.

use std::path::Path;

pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let harmless = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(harmless) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_read_them() {
        assert_eq!(quoted(Path::new("/tmp/feedmill-demo-x1/feedmill.toml")), "/tmp/feedmill-demo-x1/feedmill.toml");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
    }
}
