//! Systems Manager: `DescribeParameters`. There are no values here to give.
//!
//! Source: AWS Systems Manager API Reference.

use serde_json::Value;

use super::{Answer, Read, after, listed, output, size, text_of};
use crate::call::Call;
use crate::estate::Estate;
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[("DescribeParameters", describe)];

struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

fn describe(estate: &Estate, call: &Call) -> Answer {
    let validation = |message| Refusal::new(400, "ValidationException", message);
    let most = size(call, "MaxResults", (1, 50, 10), validation)?;
    if call.member("Filters").as_array().is_some_and(|filters| !filters.is_empty()) {
        return Err(Refusal::new(400, "ValidationException", "Filters is deprecated and not stood in for: use ParameterFilters"));
    }
    let mut filters = Vec::new();
    for filter in call.member("ParameterFilters").as_array().into_iter().flatten() {
        filters.push(read(filter)?);
    }
    let after = after(call, "NextToken", |message| Refusal::new(400, "InvalidNextToken", message))?;
    let (page, last) =
        token::page(&estate.parameters, "", after.as_deref(), most, |name, one| filters.iter().all(|filter| filter.fits(name, one)));
    let list = page.into_iter().map(|(_, one)| one.clone()).collect();
    output(listed(("Parameters", list), ("NextToken", last.map(|last| token::seal(call, &last, call.text("NextToken"))))))
}

fn read(filter: &Value) -> Result<Filter, Refusal> {
    let key = text_of(filter, "Key").to_owned();
    let values: Vec<String> =
        filter.get("Values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect();
    let option = filter.get("Option").and_then(Value::as_str).unwrap_or("Equals").to_owned();
    let options: &[&str] = match key.as_str() {
        "Name" => &["Equals", "BeginsWith", "Contains"],
        "Path" => &["OneLevel", "Recursive"],
        "Type" | "KeyId" | "Tier" | "DataType" => &["Equals", "BeginsWith"],
        _ => return Err(Refusal::new(400, "InvalidFilterKey", format!("The filter key {key} is not valid"))),
    };
    if !options.contains(&option.as_str()) {
        return Err(Refusal::new(400, "InvalidFilterOption", format!("The filter option {option} is not valid for {key}")));
    }
    if values.is_empty() || values.len() > 50 {
        return Err(Refusal::new(400, "InvalidFilterValue", "a filter needs between 1 and 50 values"));
    }
    Ok(Filter { key, option, values })
}

impl Filter {
    fn fits(&self, name: &str, parameter: &Value) -> bool {
        self.values.iter().any(|value| match (self.key.as_str(), self.option.as_str()) {
            ("Name", "Equals") => name == value,
            ("Name", "BeginsWith") => name.starts_with(value.as_str()),
            ("Name", _) => name.contains(value.as_str()),
            ("Path", option) => {
                let below = name.strip_prefix(&format!("{}/", value.trim_end_matches('/')));
                below.is_some_and(|rest| option == "Recursive" || !rest.contains('/'))
            }
            (key, "BeginsWith") => text_of(parameter, key).starts_with(value.as_str()),
            (key, _) => text_of(parameter, key) == value,
        })
    }
}
