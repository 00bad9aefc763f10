//! Texts of a consumer's table that are filled in from each document: `products-{locale}`, `https://shop.example/{sku}`.

use crate::definition::feed::DocumentPath;
use crate::expression::ExpressionError;
use crate::expression::template::Template;

/// A template over a document's own values; which fields there are, only a feed knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTemplate {
    /// The texts around the values: one more than there are values.
    pub around: Vec<String>,
    /// The values in the order in which they stand.
    pub paths: Vec<DocumentPath>,
}

impl DocumentTemplate {
    /// `{field}` or `{object.field}`; `{{` and `}}` are braces.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let template = Template::parse(text)?;
        Ok(DocumentTemplate {
            around: template.around().into_iter().map(str::to_owned).collect(),
            paths: template.reads().map(|path| DocumentPath(path.clone())).collect(),
        })
    }

    /// The text of a template without values.
    pub fn fixed(&self) -> Option<&str> {
        match self.around.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// The value that is all of it.
    pub fn sole(&self) -> Option<&DocumentPath> {
        match self.paths.as_slice() {
            [path] if self.around.iter().all(String::is_empty) => Some(path),
            _ => None,
        }
    }

    /// With these values in their places.
    pub fn filled<'v>(&self, values: impl IntoIterator<Item = &'v str>) -> String {
        let mut values = values.into_iter().take(self.paths.len());
        self.around.iter().flat_map(|around| [around.as_str(), values.next().unwrap_or_default()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_taken_apart() {
        let template = DocumentTemplate::parse("p-{brand.id}{sku}/{{x}}").expect("a template");
        assert_eq!(template.around, ["p-", "", "/{x}"]);
        assert_eq!(
            template.paths,
            [["brand", "id"].as_slice(), &["sku"]]
                .map(|path| DocumentPath(path.iter().map(|key| (*key).to_owned()).collect()))
        );
        assert_eq!((template.fixed(), template.sole()), (None, None));
        assert_eq!(template.filled(["7", "8"]), "p-78/{x}");
        assert_eq!(template.filled(std::iter::repeat("*")), "p-**/{x}");
        let sole = DocumentTemplate::parse("{sku}").expect("a template");
        assert_eq!(sole.sole(), Some(&DocumentPath(vec!["sku".into()])));
        assert_eq!(DocumentTemplate::parse("products").expect("a template").fixed(), Some("products"));
        assert!(DocumentTemplate::parse("{sku").is_err());
    }
}
