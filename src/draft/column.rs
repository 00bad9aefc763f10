//! What a column is for, from its name and type.

use super::words::{Phrase, listed};
use crate::source::catalog::{Column, ColumnKind};

/// Whether a draft shows a column, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    Plain,
    /// A floating-point number that is an amount of money.
    AsDecimal,
    /// Commented, with a mask.
    Masked(Mask),
    /// Not at all.
    LeftOut(&'static str),
}

/// The mask that a draft suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// Keeps the domain.
    Email,
    Redact,
}

const SECRET_WORDS: &str = "password passwd pass pwd psw passphrase passcode passwort token secret secrets salt hash hashed otp totp cvv cvc \
    cvv2 ssn apikey iban sesskey credential credentials encrypted nonce";
const SECRET_RUNS: &str = "api key, activation key, secure key, private key, secret key, access key, reset key, auth key, license key, card number, card no, \
    card num, cc number, cc no, account number, session id, bank account";
/// Within one word, as in `userpassword`.
const SECRET_PARTS: &str = "password passwd secret cardnumber creditcard";
const PERSONAL_WORDS: &str = "phone telephone mobile cellphone fax dob birthday birthdate birth ip passport cc card taxvat gender \
    cellular whatsapp bic";

/// The columns that name rows (keys, references) are told apart by the caller.
pub fn showing(column: &Column) -> Showing {
    let words = Phrase::of(&column.name);
    if column.kind == ColumnKind::Binary {
        return Showing::LeftOut("binary");
    }
    if is_unreadable(&column.declared) {
        return Showing::LeftOut("of a type that says little as text");
    }
    // `password_changed_at` tells no secret.
    if !is_time(column.kind) && column.kind != ColumnKind::Boolean && is_secret(&words) {
        return Showing::LeftOut("looks secret");
    }
    match personal(&words) {
        Some(mask) if column.kind != ColumnKind::Boolean => Showing::Masked(mask),
        _ if column.kind == ColumnKind::Float && is_money(&words) => Showing::AsDecimal,
        _ => Showing::Plain,
    }
}

pub fn is_secret(words: &Phrase) -> bool {
    words.has(SECRET_WORDS)
        || SECRET_RUNS.split(", ").any(|run| words.has_run(run))
        || words.words().iter().any(|word| SECRET_PARTS.split(' ').any(|part| word.contains(part)))
}

fn personal(words: &Phrase) -> Option<Mask> {
    let is_email = words.has("email mail") || words.has_run("e mail") || has_part(words, "email");
    // How mail is sent, and whether at all, is no address.
    let about_mail = words.has("template subject sent enabled status count sender type");
    if is_email && !about_mail {
        return Some(Mask::Email);
    }
    (words.has(PERSONAL_WORDS) || has_part(words, "phone") || has_part(words, "birth")).then_some(Mask::Redact)
}

fn has_part(words: &Phrase, part: &str) -> bool {
    words.words().iter().any(|word| word.contains(part))
}

fn is_unreadable(declared: &str) -> bool {
    const TYPES: &str = "geometry geography geometrycollection geomcollection point multipoint linestring multilinestring polygon \
        multipolygon tsvector tsquery box circle path lseg line raster";
    let name = declared.to_ascii_lowercase();
    let name = name.split(['(', ' ']).next().unwrap_or_default();
    TYPES.split(' ').any(|other| other == name)
}

fn is_money(words: &Phrase) -> bool {
    words.has("price amount total subtotal cost tax discount fee balance sum msrp")
}

pub fn is_time(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Date | ColumnKind::DateTime | ColumnKind::DateTimeZoned | ColumnKind::Time)
}

/// When the row was changed last: a new value alone is no news.
pub fn is_change_time(column: &Column) -> bool {
    let words = Phrase::of(&column.name);
    is_time(column.kind) && words.has("update updated modified modification changed upd mtime")
}

/// When the row was made.
pub fn is_creation_time(column: &Column) -> bool {
    let words = Phrase::of(&column.name);
    is_time(column.kind) && words.has("create created creation added add inserted")
}

/// Where the row stands among its neighbours.
pub fn is_position(column: &Column) -> bool {
    const WHOLE: &str = "position pos sort sequence seq rank ordinal ordering order priority line";
    const ENDS: &str = "sort order, sortorder, display order, position, sort index, order index, line no, line number, item \
    number, menu order";
    let words = Phrase::of(&column.name);
    let is_whole = matches!(words.words(), [word] if listed(word, WHOLE));
    column.kind == ColumnKind::Integer && (is_whole || ENDS.split(", ").any(|end| words.ends_with(end)))
}

/// How well a column tells a person which row this is: the smaller the better, none where it does not.
pub fn label_rank(column: &Column) -> Option<usize> {
    // The words that names of columns end with, or hold at least.
    const BEST: &str = "name title label sku code slug handle number model symbol caption";
    let words = Phrase::of(&column.name);
    let is_text = matches!(column.kind, ColumnKind::Text | ColumnKind::Dynamic);
    let last = words.words().last()?.as_str();
    let by_end = BEST.split(' ').position(|word| word == last || last.ends_with("name") && word == "name");
    by_end.filter(|_| is_text)
}

/// A note that rows are soft-deleted or switched off: the condition under which they are alive, in any database's SQL.
pub fn alive_condition(column: &Column) -> Option<String> {
    let name = &column.name;
    // Other spellings would need each database's own quotes.
    let is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let words = Phrase::of(name);
    let words: Vec<&str> = words.words().iter().map(String::as_str).collect();
    let (words, is_moment) = match words.as_slice() {
        ["is" | "was", rest @ ..] => (rest, false),
        ["date", "deleted"] | ["deleted", "at" | "on"] if is_time(column.kind) => (&["deleted"][..], true),
        all => (all, false),
    };
    let alive = match words {
        ["active" | "enabled" | "published" | "visible"] => true,
        ["deleted" | "removed" | "disabled" | "hidden" | "archived"] => false,
        _ => return None,
    };
    let condition = match (column.kind, alive) {
        _ if is_moment => format!("{name} IS NULL"),
        (ColumnKind::Integer, alive) => format!("{name} = {}", u8::from(alive)),
        (ColumnKind::Boolean, true) => name.clone(),
        (ColumnKind::Boolean, false) => format!("NOT {name}"),
        _ => return None,
    };
    is_plain.then_some(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnKind) -> Column {
        let declared = format!("{kind:?}");
        Column {
            name: name.into(),
            declared,
            kind,
            nullable: true,
            exact: false,
            orders_codes: false,
            collation: None,
            scale: None,
        }
    }

    fn shown(name: &str) -> Showing {
        showing(&column(name, ColumnKind::Text))
    }

    #[test]
    fn secrets_stay_out() {
        for name in [
            "password",
            "user_password",
            "PasswordHash",
            "userpassword",
            "api_key",
            "remember_token",
            "rp_token",
            "client_secret",
            "cc_number",
            "CardNumber",
            "credit_card_no",
            "cvv",
            "iban",
            "password_reset_key",
            "salt",
            "session_id",
        ] {
            assert_eq!(shown(name), Showing::LeftOut("looks secret"), "{name}");
        }
        assert_eq!(showing(&column("password_changed_at", ColumnKind::DateTime)), Showing::Plain);
        assert_eq!(showing(&column("has_password", ColumnKind::Boolean)), Showing::Plain);
    }

    #[test]
    fn personal_columns_are_masked() {
        for name in ["email", "customers_email_address", "e_mail", "EMail", "ContactEmail", "mail"] {
            assert_eq!(shown(name), Showing::Masked(Mask::Email), "{name}");
        }
        for name in ["phone", "customers_telephone", "Fax", "dob", "ip_address", "cc_owner", "home_phone", "workphone"]
        {
            assert_eq!(shown(name), Showing::Masked(Mask::Redact), "{name}");
        }
        for name in ["email_template", "name", "title", "description", "shipping", "tip", "cardinality", "mailing_list"]
        {
            assert_eq!(shown(name), Showing::Plain, "{name}");
        }
    }

    #[test]
    fn money_in_floats_is_decimal() {
        assert_eq!(showing(&column("unit_price", ColumnKind::Float)), Showing::AsDecimal);
        assert_eq!(showing(&column("unit_price", ColumnKind::Decimal)), Showing::Plain);
        assert_eq!(showing(&column("length", ColumnKind::Float)), Showing::Plain);
    }

    #[test]
    fn what_cannot_be_read_stays_out() {
        assert_eq!(showing(&column("picture", ColumnKind::Binary)), Showing::LeftOut("binary"));
        let mut area = column("area", ColumnKind::Dynamic);
        for declared in ["geometry(Point,4326)", "tsvector", "POINT"] {
            area.declared = declared.into();
            assert!(matches!(showing(&area), Showing::LeftOut(_)), "{declared}");
        }
        area.declared = "text[]".into();
        assert_eq!(showing(&area), Showing::Plain);
    }

    #[test]
    fn columns_that_keep_the_books() {
        let of = |name: &str| column(name, ColumnKind::DateTime);
        assert!(
            ["last_update", "updated_at", "products_last_modified", "ModifiedDate"]
                .iter()
                .all(|n| is_change_time(&of(n)))
        );
        assert!(["created_at", "date_added", "create_date"].iter().all(|n| is_creation_time(&of(n))));
        assert!(!["sale_date", "birthday"].iter().any(|n| is_change_time(&of(n)) || is_creation_time(&of(n))));
        let of = |name: &str| column(name, ColumnKind::Integer);
        assert!(
            ["position", "sort_order", "products_sort_order", "SortOrder", "line_no"]
                .iter()
                .all(|n| is_position(&of(n)))
        );
        assert!(!["order_id", "ranking", "online", "composition"].iter().any(|n| is_position(&of(n))));
    }

    #[test]
    fn labels_by_rank() {
        let rank = |name: &str| label_rank(&column(name, ColumnKind::Text));
        assert!(rank("name") < rank("title") && rank("title") < rank("code"));
        assert_eq!(rank("products_name"), rank("name"));
        assert_eq!(rank("firstname"), rank("name"));
        assert_eq!(rank("description"), None);
    }

    #[test]
    fn rows_that_are_switched_off() {
        use ColumnKind::{Boolean, DateTime, Integer, Text};
        for (name, kind, condition) in [
            ("deleted_at", DateTime, Some("deleted_at IS NULL")),
            ("active", Integer, Some("active = 1")),
            ("active", Boolean, Some("active")),
            ("is_deleted", Integer, Some("is_deleted = 0")),
            ("deleted", Boolean, Some("NOT deleted")),
            ("disabled", Integer, Some("disabled = 0")),
            ("is_active", Integer, Some("is_active = 1")),
            ("deletedAt", DateTime, None),
            ("active", Text, None),
            ("is_default", Integer, None),
            ("name", Text, None),
        ] {
            assert_eq!(alive_condition(&column(name, kind)).as_deref(), condition, "{name} {kind:?}");
        }
    }
}
