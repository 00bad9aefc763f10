//! The list of a set's attributes: which they are, in which order, and what stands for their values.

use std::collections::HashMap;

use super::sets::{Attribute, Home, LookupSpec, SetTable, compare, literal};
use super::{ListAttribute, ListPlan};
use crate::definition::feed::Scalar;
use crate::definition::feed::eav::{EavList, ListOrder};
use crate::definition::problem::{Located, nearest};
use crate::plan::compile::Compiler;
use crate::plan::draft::Place;
use crate::plan::level::SourceColumn;
use crate::plan::scalar::literal as canonical;
use crate::source::SourceError;
use crate::source::sql::Literal;

/// The attributes of a list, and where their values are read.
pub(super) struct Listed {
    pub depth: usize,
    pub read: usize,
    /// Indexes into the set's attributes, in the order of the list.
    pub attributes: Vec<usize>,
    /// Their keys.
    pub keys: Vec<Literal>,
}

impl<'d> Compiler<'d> {
    /// A list of attributes, planned once. `path` is where the array stands in the document.
    pub fn attributes(&mut self, list: &'d EavList, place: &Place<'d>, path: &[&str]) -> Option<ListPlan> {
        let known = std::ptr::from_ref(list);
        if !self.lists.contains_key(&known) {
            let planned = self.eav_list(list, place, path);
            let planned = self.or_fail(planned)??;
            self.lists.insert(known, planned);
        }
        self.lists.get(&known).cloned()
    }

    fn eav_list(
        &mut self,
        list: &'d EavList,
        place: &Place<'d>,
        path: &[&str],
    ) -> Result<Option<ListPlan>, SourceError> {
        let set = list.source.set;
        let Some(found) = self.eav_source(&list.source, place) else { return Ok(None) };
        let Some(keys) = self.attribute_keys(set, list.where_sql.as_ref(), place)? else { return Ok(None) };
        let mut maps = Vec::new();
        for (number, map) in list.maps.iter().enumerate() {
            let place = place.key(&format!("map[{number}]"));
            let Some(keys) = self.attribute_keys(set, map.where_sql.as_ref(), &place)? else { return Ok(None) };
            maps.push((keys, map));
        }
        self.notice_unknown(list, place);
        let Some(plan) = &self.sets[set] else { return Ok(None) };
        let is_listed = |attribute: &Attribute| {
            let excepted = list.except.iter().any(|code| code.value == attribute.code);
            keys.contains(&attribute.key) && !excepted && attribute.home != Home::Nowhere
        };
        let mut attributes: Vec<usize> =
            (0..plan.attributes.len()).filter(|number| is_listed(&plan.attributes[*number])).collect();
        let by_table = sort(&mut attributes, &plan.attributes, &list.order_by);
        let keys = attributes.iter().map(|number| plan.attributes[*number].key.clone()).collect();
        let read = &mut self.levels[found.depth].reads[found.read];
        let numbers: Vec<u32> = attributes.iter().map(|attribute| read.attribute(*attribute)).collect();
        let listed = Listed { depth: found.depth, read: found.read, attributes, keys };
        let (mut labels, mut owners, mut label_source) = (None, Vec::new(), None);
        if let Some(of) = &list.labels {
            let Some(labelled) = self.list_labels(of, &listed, &list.source, place)? else { return Ok(None) };
            (labels, owners, label_source) = (Some(labelled.labels), labelled.owners, Some(labelled.source));
        }
        let Some(plan) = &self.sets[set] else { return Ok(None) };
        let heads = listed.attributes.iter().zip(numbers).map(|(index, number)| {
            let Attribute { key, code, .. } = &plan.attributes[*index];
            let map = maps.iter().find(|(keys, _)| keys.contains(key));
            let (head, code_end) = head(list, code);
            ListAttribute {
                number,
                head,
                code_end,
                map: map.map(|(_, map)| mapped(&map.values)).unwrap_or_default(),
                is_labelled: owners.contains(key),
            }
        });
        let attributes = heads.collect();
        let tables = listed.attributes.iter().flat_map(|index| plan.tables_of(&plan.attributes[*index]));
        let mut sources: Vec<SourceColumn> = tables.map(SetTable::value_column).collect();
        sources.extend(label_source);
        sources.dedup();
        let excluded = |name: &str| {
            let mut member = path.to_vec();
            member.push(name);
            self.paths.is_excluded(&member)
        };
        Ok(Some(ListPlan {
            path: place.path.clone(),
            up: place.depth - found.depth,
            read: found.read,
            scopes: found.scopes,
            attributes,
            by_table,
            labels,
            keep_null: list.keep_null,
            code_excluded: excluded(list.code_name()),
            values_excluded: excluded(list.values_name()),
            sources,
        }))
    }

    /// The keys of the set's attributes that a condition lets through.
    fn attribute_keys(
        &mut self,
        set: usize,
        condition: Option<&'d Located<String>>,
        place: &Place<'d>,
    ) -> Result<Option<Vec<Literal>>, SourceError> {
        let definition = self.definition;
        let Some(plan) = &self.sets[set] else { return Ok(None) };
        let (Some(condition), Some(of)) = (condition, &definition.eav[set].attributes) else {
            return Ok(Some(plan.attributes.iter().map(|attribute| attribute.key.clone()).collect()));
        };
        let catalog = self.catalog;
        let Some(table) = catalog.table(&of.table.value) else { return Ok(None) };
        let Some(key) = table.column(&of.key.value) else { return Ok(None) };
        let wheres = of.where_sql.iter().chain(std::iter::once(condition)).collect();
        let spec = LookupSpec { table, columns: vec![key], wheres, within: Vec::new() };
        let rows = self.look_up(&spec, &of.table.span, &place.key)?;
        Ok(rows.map(|rows| (0..rows.len()).filter_map(|row| literal(&rows, rows.cell(row, 1))).collect()))
    }

    /// Codes in `except` that the source does not have may be misspelt.
    fn notice_unknown(&mut self, list: &'d EavList, place: &Place<'d>) {
        let Some(plan) = &self.sets[list.source.set] else { return };
        let codes: Vec<&str> = plan.attributes.iter().map(|attribute| attribute.code.as_str()).collect();
        let mut notices = Vec::new();
        for (number, code) in list.except.iter().enumerate() {
            if !codes.contains(&code.value.as_str()) {
                let help = nearest(&code.value, codes.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                notices.push((number, code, help));
            }
        }
        for (number, code, help) in notices {
            let message = format!("the source has no attribute `{}`", code.value);
            self.notice(&code.span, &place.key(&format!("except[{number}]")).key, message, help);
        }
    }
}

/// Sorts attributes; true where the tables that the values will be found in go first.
fn sort(order: &mut [usize], attributes: &[Attribute], by: &[ListOrder]) -> bool {
    let table = |attribute: &Attribute| match attribute.home {
        Home::Table(table) => Some(table),
        Home::Anywhere | Home::Nowhere => None,
    };
    let mut first_codes: HashMap<usize, &str> = HashMap::new();
    for attribute in order.iter().map(|number| &attributes[*number]) {
        if let Some(table) = table(attribute) {
            let first = first_codes.entry(table).or_insert(&attribute.code);
            *first = (*first).min(&attribute.code);
        }
    }
    let first_code = |attribute: &Attribute| table(attribute).and_then(|table| first_codes.get(&table).copied());
    let unknown = order.iter().any(|number| attributes[*number].home == Home::Anywhere);
    order.sort_by(|left, right| {
        let (left, right) = (&attributes[*left], &attributes[*right]);
        let compared = by.iter().map(|by| match by {
            ListOrder::Table => table(left).cmp(&table(right)),
            ListOrder::TableCode => first_code(left).cmp(&first_code(right)),
            ListOrder::Key => compare(&left.key, &right.key),
            ListOrder::Code => left.code.cmp(&right.code),
        });
        let decided = compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then);
        decided.then_with(|| compare(&left.key, &right.key))
    });
    unknown && by.first() == Some(&ListOrder::Table)
}

/// `{"code":"color","values":`, and where the first member ends.
fn head(list: &EavList, code: &str) -> (Box<[u8]>, usize) {
    let json = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
    let mut head = format!("{{{}:{}", json(list.code_name()), json(code));
    let code_end = head.len();
    head.push_str(&format!(",{}:", json(list.values_name())));
    (head.into_bytes().into_boxed_slice(), code_end)
}

/// The texts of a map as JSON.
fn mapped(values: &[(String, Scalar)]) -> HashMap<String, Box<[u8]>> {
    let text = |scalar: &Scalar| match canonical(scalar) {
        Scalar::Null => String::new(),
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Int(int) => int.to_string(),
        Scalar::Decimal(text) | Scalar::Text(text) => text,
    };
    let json = |scalar: &Scalar| serde_json::Value::String(text(scalar)).to_string().into_bytes().into_boxed_slice();
    values.iter().map(|(from, to)| (from.clone(), json(to))).collect()
}
