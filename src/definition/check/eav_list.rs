//! The list form of `eav`: all attributes of a set that have a value, but for some.

use super::Checker;
use super::fields::{OF_ROWS, TREATMENTS};
use super::rows::Scope;
use super::sql::SqlRole;
use crate::definition::feed::eav::{AttributeMap, EavLabels, EavList, ListOrder, OptionOwner};
use crate::definition::feed::{Array, Elements, Field, FieldValue, Scalar, ScalarField, ScalarInput};
use crate::definition::problem::{Located, suggestion};
use crate::definition::raw::Empty;
use crate::definition::raw::eav::{RawAs, RawAttributeMap, RawElementNames, RawLabels, RawMaps};
use crate::definition::raw::field::RawField;
use crate::definition::raw::literal::RawMap;
use crate::definition::reader::{Given, located, value};
use crate::definition::shape::Word;

/// What of the keys of rows and values a list of attributes has too.
const SHARED: [&str; 6] = ["as", "where_sql", "fallback", "order_by", "empty", "map"];

impl Checker<'_> {
    pub fn eav_list(&mut self, raw: RawField, scope: &Scope<'_>) -> Option<Array> {
        let foreign: Vec<&str> = OF_ROWS.into_iter().chain(TREATMENTS).filter(|key| !SHARED.contains(key)).collect();
        let help = "without `attribute` this is a list of attributes; name one with `attribute`, or leave this out";
        self.refuse(&raw, &foreign, help);
        let where_sql = self.sql("where_sql", located(&raw.where_sql), SqlRole::Attributes);
        let except = self.codes(value(&raw.except).unwrap_or_default());
        let members = self.members(&raw.alias);
        let maps = self.attribute_maps(&raw.map);
        let labels = match &raw.labels {
            None => None,
            Some(given) => {
                let read = given.value.clone();
                Some(self.under("labels", |checker| checker.labels(read?, scope)))
            }
        };
        let (source, set) = self.eav_source(&raw, scope)?;
        let (name, has_attributes, has_types) = (set.name.clone(), set.has_attributes, set.has_types);
        if !has_attributes {
            let message = format!("the attributes of `{name}` are not known, so there is no list of them");
            let help = format!(
                "name one with `attribute`, or add the table of attributes: `[eav.{name}] attribute = {{ ... }}`"
            );
            self.under("eav", |checker| checker.reader.problem_with_help(&source.span, message, help));
            return None;
        }
        let order_by = self.list_order(value(&raw.order_by).unwrap_or_default(), &name, has_types);
        let empty_null = value(&raw.empty).map_or(self.top.empty_null, |empty| empty == Empty::Null);
        let list = EavList {
            source,
            where_sql,
            except,
            members: members?,
            order_by,
            maps: maps?,
            labels: match labels {
                None => None,
                Some(labels) => Some(labels?),
            },
            keep_null: value(&raw.keep_null).unwrap_or(false),
        };
        Some(Array { elements: Elements::Attributes(Box::new(list)), empty_null })
    }

    fn codes(&mut self, raw: Vec<Located<String>>) -> Vec<Located<String>> {
        self.under("except", |checker| {
            for (number, code) in raw.iter().enumerate() {
                if raw[..number].iter().any(|known| known.value == code.value) {
                    checker.under_element(number, |checker| {
                        checker.reader.problem(&code.span, format!("`{}` is given twice", code.value));
                    });
                }
            }
        });
        raw
    }

    /// The members of an element, named by `as`.
    fn members(&mut self, given: &Option<Given<RawAs>>) -> Option<[Field; 2]> {
        let mut names = RawElementNames::default();
        let span = given.as_ref().map_or(0..0, |given| given.span.clone());
        match given.as_ref().map(|given| given.value.clone()) {
            None => {}
            Some(None) => return None,
            Some(Some(RawAs::Members(members))) => names = *members,
            Some(Some(RawAs::Alias(_))) => {
                self.under("as", |checker| {
                    let help = "`as` names the members of an element here: `{ code = \"...\", values = \"...\" }`";
                    checker.reader.problem_with_help(&span, "expected a table, found a string", help);
                });
                return None;
            }
        }
        let named = |given: &Option<Given<String>>, otherwise: &str| {
            located(given).unwrap_or_else(|| Located::new(otherwise.to_owned(), span.clone()))
        };
        let (code, values) = (named(&names.code, "code"), named(&names.values, "values"));
        if code.value == values.value {
            let message = format!("both members are named `{}`", code.value);
            self.under("as", |checker| checker.reader.problem(&span, message));
            return None;
        }
        let texts = Array { elements: Elements::List(Vec::new()), empty_null: false };
        let code_value = ScalarField::of(ScalarInput::Literal(Scalar::Text(String::new())));
        Some([member(code, FieldValue::Scalar(code_value)), member(values, FieldValue::Array(texts))])
    }

    fn list_order(&mut self, raw: Vec<Located<String>>, set: &str, has_types: bool) -> Vec<ListOrder> {
        let mut order = Vec::new();
        for (number, text) in raw.into_iter().enumerate() {
            let found = ListOrder::WORDS.iter().find(|(word, _)| *word == text.value).map(|(_, order)| *order);
            self.under("order_by", |checker| {
                checker.under_element(number, |checker| match found {
                    Some(ListOrder::TableCode) if !has_types => {
                        let message = "which table an attribute's values stand in is not known".to_owned();
                        let help = format!("name the column that says so: `[eav.{set}] attribute.type = \"...\"`");
                        checker.reader.problem_with_help(&text.span, message, help);
                    }
                    Some(found) => order.push(found),
                    None => {
                        let message = format!("`{}` is not {}", text.value, ListOrder::WHAT);
                        checker.reader.note(&text.span, message, suggestion(&text.value, ListOrder::names()));
                    }
                });
            });
        }
        order
    }

    fn attribute_maps(&mut self, given: &Option<Given<RawMaps>>) -> Option<Vec<AttributeMap>> {
        let Some(given) = given else { return Some(Vec::new()) };
        match given.value.clone()? {
            RawMaps::One(RawMap(values)) => Some(vec![AttributeMap { where_sql: None, values }]),
            RawMaps::ForAttributes(maps) => self.under("map", |checker| {
                let maps = maps.into_iter().enumerate();
                maps.map(|(i, map)| checker.under_element(i, |checker| checker.attribute_map(map.value))).collect()
            }),
        }
    }

    fn attribute_map(&mut self, raw: RawAttributeMap) -> Option<AttributeMap> {
        let where_sql = self.sql("where_sql", located(&raw.where_sql), SqlRole::Attributes);
        Some(AttributeMap { where_sql, values: value(&raw.values)?.0 })
    }

    fn labels(&mut self, raw: RawLabels, scope: &Scope<'_>) -> Option<EavLabels> {
        let table = self.not_blank("table", located(&raw.table));
        let key = self.column_name("key", located(&raw.key));
        let label = self.column_name("label", located(&raw.label));
        let owner = value(&raw.owner).and_then(|owner| {
            self.under("owner", |checker| {
                let table = checker.not_blank("table", located(&owner.table));
                let attribute = checker.column_name("attribute", located(&owner.attribute));
                Some(OptionOwner { table: table?, attribute: attribute? })
            })
        });
        let fallback = match raw.fallback.is_some() {
            true => Some(self.fallback(&raw.fallback, scope)?),
            false => None,
        };
        Some(EavLabels { table: table?, key: key?, label: label?, owner: owner?, fallback })
    }
}

fn member(name: Located<String>, value: FieldValue) -> Field {
    let span = name.span.clone();
    Field { name, hidden: false, omit_null: false, when: None, value, json: false, span }
}
