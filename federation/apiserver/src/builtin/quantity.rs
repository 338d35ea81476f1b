//! Resource quantities: a manifest may write `cpu: 1`, the server answers with `"1"`.

use serde_json::{Value, json};

/// Turns numbers under each of `keys` of `value` (`capacity`, `limits`, …) into texts, as a Go server
/// does; whole numbers stay whole, fractions become milli-units.
pub(super) fn texts(value: &mut Value, keys: &[&str]) {
    for key in keys {
        let Some(Value::Object(quantities)) = value.get_mut(*key) else { continue };
        for quantity in quantities.values_mut() {
            if let Value::Number(number) = quantity {
                *quantity = json!(text(number));
            }
        }
    }
}

fn text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.as_i64().is_none() && float.fract() != 0.0 => {
            format!("{}m", (float * 1000.0).ceil())
        }
        Some(float) if number.as_i64().is_none() => format!("{float:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn numbers_become_texts_and_texts_stay() {
        let mut resources = json!({"limits": {"cpu": 1, "memory": "64Mi", "x": 0.5, "y": 2.0}});
        super::texts(&mut resources, &["limits", "requests"]);
        assert_eq!(resources, json!({"limits": {"cpu": "1", "memory": "64Mi", "x": "500m", "y": "2"}}));
    }
}
