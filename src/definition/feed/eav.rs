//! Values that stand in rows of their own: sets of them, a single value, and the list of all the others.

use super::{Fallback, Field, Name, Scalar};
use crate::definition::problem::{Located, Span};

/// `[eav.NAME]`: tables whose rows say whose value of which attribute they hold.
#[derive(Debug, Clone)]
pub struct EavSet {
    pub name: Located<String>,
    /// Whose values are meant where a use does not say; none where the values belong to nobody, as settings do.
    pub entity: Option<Located<Name>>,
    /// At least one.
    pub tables: Vec<Located<String>>,
    pub columns: EavColumns,
    /// None where the value rows hold the attributes' codes themselves.
    pub attributes: Option<EavAttributes>,
}

/// Columns of the value rows.
#[derive(Debug, Clone)]
pub struct EavColumns {
    /// There where the set has an `entity`.
    pub entity: Option<Located<String>>,
    pub attribute: Located<String>,
    pub value: Located<String>,
}

/// The table that says which attributes there are.
#[derive(Debug, Clone)]
pub struct EavAttributes {
    pub table: Located<String>,
    /// What the value rows name an attribute by.
    pub key: Located<String>,
    /// What the feed names it by.
    pub code: Located<String>,
    /// What the name of the table ends with that holds its values.
    pub value_type: Option<Located<String>>,
    pub where_sql: Option<Located<String>>,
}

/// Whose values of which set, and which of them wins.
#[derive(Debug, Clone, PartialEq)]
pub struct EavSource {
    /// Index into the definition's sets.
    pub set: usize,
    /// The value of the key `eav`.
    pub span: Span,
    pub of: Option<Located<Name>>,
    /// The use's own, else the set's. None: the first row that there is.
    pub fallback: Option<Fallback>,
}

/// The value of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct EavValue {
    pub source: EavSource,
    pub attribute: Located<String>,
}

/// The attributes of a set that have a value, as an array of objects with a code and a list of texts.
#[derive(Debug, Clone)]
pub struct EavList {
    pub source: EavSource,
    /// On the attributes' rows.
    pub where_sql: Option<Located<String>>,
    pub except: Vec<Located<String>>,
    /// The two members of an element as fields, by which paths find them: the code, and the array of texts.
    pub members: [Field; 2],
    pub order_by: Vec<ListOrder>,
    pub maps: Vec<AttributeMap>,
    pub labels: Option<EavLabels>,
    /// Attributes whose value is null are elements too.
    pub keep_null: bool,
}

impl EavList {
    pub fn code_name(&self) -> &str {
        &self.members[0].name.value
    }

    pub fn values_name(&self) -> &str {
        &self.members[1].name.value
    }
}

/// What a list is ordered by; the attributes' keys break ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOrder {
    /// The table that the value stands in, in the order of the set.
    Table,
    /// The same, the tables ordered by the first code of the list's attributes whose values they hold.
    TableCode,
    Key,
    Code,
}

/// What stands for the values of some attributes.
#[derive(Debug, Clone)]
pub struct AttributeMap {
    /// On the attributes' rows; none: all attributes of the list.
    pub where_sql: Option<Located<String>>,
    pub values: Vec<(String, Scalar)>,
}

/// Labels of options, for the attributes that own options: a value is then a list of option keys with commas between.
#[derive(Debug, Clone)]
pub struct EavLabels {
    pub table: Located<String>,
    /// The option's key in both tables.
    pub key: Located<String>,
    pub label: Located<String>,
    pub owner: OptionOwner,
    pub fallback: Option<Fallback>,
}

/// The table that says which options an attribute owns.
#[derive(Debug, Clone)]
pub struct OptionOwner {
    pub table: Located<String>,
    /// Its column with the attribute's key.
    pub attribute: Located<String>,
}
