//! Names of tables and columns as words, however they are spelled: `InvoiceLine`, `invoice_lines`, `ps_invoice_line`.
//!
//! Only for guessing. What is compared here is never written: drafts keep the database's own spelling.

/// The words of a name, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(pub Vec<String>);

impl Phrase {
    pub fn of(name: &str) -> Phrase {
        let chars: Vec<char> = name.chars().collect();
        let mut words = Vec::new();
        let mut word = String::new();
        for (i, &c) in chars.iter().enumerate() {
            let next_is_small = chars.get(i + 1).is_some_and(|next| next.is_lowercase());
            let before = i.checked_sub(1).map(|before| chars[before]);
            // `productId`, `HTTPServer`: a capital begins a word after a small letter, or before one.
            let begins = c.is_uppercase()
                && before.is_some_and(|before| !before.is_uppercase() || next_is_small)
                && !word.is_empty();
            if !c.is_alphanumeric() || begins {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            if c.is_alphanumeric() {
                word.extend(c.to_lowercase());
            }
        }
        words.extend(Some(word).filter(|word| !word.is_empty()));
        Phrase(words)
    }

    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether one of its words is in a list, which is written as one text; `tokens` is where `token` is.
    pub fn has(&self, list: &str) -> bool {
        self.0.iter().any(|word| listed(word, list))
    }

    /// Whether these words stand in it, one after the other.
    pub fn has_run(&self, run: &str) -> bool {
        let run: Vec<&str> = run.split(' ').collect();
        self.0.windows(run.len()).any(|window| window == run)
    }

    pub fn ends_with(&self, run: &str) -> bool {
        let run: Vec<&str> = run.split(' ').collect();
        self.0.len() >= run.len() && self.0[self.0.len() - run.len()..] == run
    }

    /// Whether both name the same thing, be it one or many.
    pub fn is_like(&self, other: &Phrase) -> bool {
        is_like(&self.0, &other.0)
    }

    /// What is left behind the words of `head`; none where the name does not begin with them.
    pub fn after(&self, head: &Phrase) -> Option<&[String]> {
        let (own, rest) = self.0.split_at_checked(head.0.len())?;
        (!head.0.is_empty() && is_like(own, &head.0)).then_some(rest)
    }
}

/// Whether a word is in a list, which is written as one text, be it one or many.
pub fn listed(word: &str, list: &str) -> bool {
    list.split_whitespace().any(|other| word == other || word.ends_with('s') && same_noun(word, other))
}

/// Whether two lists of words name the same thing, word by word or written together.
pub fn is_like(one: &[String], other: &[String]) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let word_by_word = one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same_noun(a, b));
    word_by_word || same_noun(&one.concat(), &other.concat())
}

/// `product` and `products`, `category` and `categories`, `address` and `addresses`.
pub fn same_noun(one: &str, other: &str) -> bool {
    one == other || singulars(one).iter().any(|a| singulars(other).contains(a))
}

/// What a word may be the plural of, itself first.
fn singulars(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let irregular =
        [("people", "person"), ("children", "child"), ("men", "man"), ("women", "woman"), ("data", "datum")];
    forms.extend(irregular.iter().filter(|(many, _)| *many == word).map(|(_, one)| (*one).to_owned()));
    let endings = [("ies", "y"), ("es", ""), ("s", "")];
    // `status`, `address`, `gas` are no plurals.
    if word.len() > 3 && !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        for (ending, instead) in endings {
            forms.extend(word.strip_suffix(ending).map(|stem| format!("{stem}{instead}")));
        }
    }
    forms
}

/// The word that (nearly) every table begins with, `ps` of `ps_product`: it says whose tables they are, not what is in
/// them. None in a database of few tables, whose first words may well mean something.
pub fn shared_prefix(names: &[Phrase]) -> Option<String> {
    const FEWEST_TABLES: usize = 5;
    let first = |name: &Phrase| (name.0.len() > 1).then(|| name.0[0].clone());
    let candidate = names
        .iter()
        .filter_map(first)
        .max_by_key(|word| names.iter().filter(|name| first(name).as_ref() == Some(word)).count())?;
    let having = names.iter().filter(|name| first(name).as_ref() == Some(&candidate)).count();
    // Where a table has that name alone, the others belong to it.
    let is_a_thing = names.iter().any(|name| matches!(name.0.as_slice(), [only] if same_noun(only, &candidate)));
    (names.len() >= FEWEST_TABLES && having * 10 >= names.len() * 8 && !is_a_thing).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        for (name, words) in [
            ("product_id", "product id"),
            ("ProductID", "product id"),
            ("InvoiceLineId", "invoice line id"),
            ("PRODUCT_ID", "product id"),
            ("HTTPServerName", "http server name"),
            ("Order Details", "order details"),
            ("address2", "address2"),
            ("__x--y.z", "x y z"),
            ("", ""),
            ("größe_Straße", "größe straße"),
        ] {
            assert_eq!(Phrase::of(name).0.join(" "), words, "{name}");
        }
    }

    #[test]
    fn one_and_many_are_the_same_thing() {
        for (one, many) in [
            ("product", "products"),
            ("category", "categories"),
            ("address", "addresses"),
            ("tax_class", "tax_classes"),
            ("box", "boxes"),
            ("movie", "movies"),
            ("person", "people"),
            ("status", "statuses"),
            ("order_line", "OrderLines"),
            ("orderline", "order_lines"),
            ("products_option", "product_options"),
        ] {
            assert!(Phrase::of(one).is_like(&Phrase::of(many)), "{one} {many}");
            assert!(Phrase::of(many).is_like(&Phrase::of(one)), "{many} {one}");
        }
        for (one, other) in [("product", "producer"), ("status", "statu"), ("gas", "ga"), ("", ""), ("a_b", "b_a")] {
            assert!(!Phrase::of(one).is_like(&Phrase::of(other)), "{one} {other}");
        }
    }

    #[test]
    fn what_follows_a_name() {
        let after = |name: &str, head: &str| Phrase::of(name).after(&Phrase::of(head)).map(|rest| rest.join(" "));
        assert_eq!(after("products_images", "product").as_deref(), Some("images"));
        assert_eq!(after("product", "products").as_deref(), Some(""));
        assert_eq!(after("production_line", "product"), None);
        assert_eq!(after("product", ""), None);
    }

    #[test]
    fn a_prefix_is_what_nearly_all_begin_with() {
        let prefix = |names: &str| shared_prefix(&names.split(' ').map(Phrase::of).collect::<Vec<_>>());
        assert_eq!(prefix("ps_a ps_b ps_c ps_d other").as_deref(), Some("ps"));
        assert_eq!(prefix("ps_a ps_b ps_c other another"), None);
        assert_eq!(prefix("ps_a ps_b ps_c"), None);
        assert_eq!(prefix("tblProduct tblOrder tblLine tblCustomer tblImage").as_deref(), Some("tbl"));
        assert_eq!(prefix("products product_image product_option product_review product_price"), None);
        assert_eq!(prefix("a b c d e"), None);
    }
}
