//! `Accept`: JSON or YAML, and whether as the object, a Table, or PartialObjectMetadata.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::cache::event::{Form, Include};
use crate::http::query::Query;
use crate::status::{ApiError, ApiResult};

/// How text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`.
    #[default]
    Json,
    /// `application/yaml`.
    Yaml,
}

impl Media {
    /// The `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }
}

/// What the client accepts first among what can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// How text is written.
    pub(crate) media: Media,
    /// In which form objects go out.
    pub(crate) form: Form,
}

/// One alternative of an `Accept` header: a lower-case media type and its parameters.
pub(crate) struct Alternative<'a> {
    /// `application/json`.
    pub(crate) media: &'a str,
    parameters: &'a str,
    quality: u16,
}

impl<'a> Alternative<'a> {
    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|p| {
            let (key, value) = p.trim().split_once('=')?;
            (key.trim() == name).then(|| value.trim().trim_matches('"'))
        })
    }
}

/// The alternatives, best first; none at all means anything goes.
pub(crate) fn alternatives(headers: &HeaderMap) -> Vec<Alternative<'_>> {
    let texts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut all: Vec<Alternative<'_>> = texts
        .flat_map(|text| text.split(','))
        .filter_map(|part| {
            let (media, parameters) = part.split_once(';').unwrap_or((part, ""));
            let media = media.trim();
            let mut found = Alternative { media, parameters, quality: 1000 };
            if let Some(q) = found.parameter("q") {
                found.quality = q.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16);
            }
            (!media.is_empty() && found.quality > 0).then_some(found)
        })
        .collect();
    all.sort_by_key(|a| std::cmp::Reverse(a.quality));
    all
}

/// Chooses the form of an answer about objects. Errors: 406 when nothing fits, 400 for a bad
/// `includeObject`.
pub(crate) fn objects(headers: &HeaderMap, query: &Query, watch: bool) -> ApiResult<Accepted> {
    let all = alternatives(headers);
    if all.is_empty() {
        return Ok(Accepted { media: Media::Json, form: Form::Native });
    }
    for alternative in &all {
        let media = match alternative.media {
            "application/json" | "*/*" | "application/*" => Media::Json,
            "application/yaml" if !watch => Media::Yaml,
            _ => continue,
        };
        let form = match alternative.parameter("as") {
            None => Form::Native,
            Some(kind) => {
                let known = (alternative.parameter("g"), alternative.parameter("v"));
                match (kind, known) {
                    ("Table", (Some("meta.k8s.io"), Some("v1"))) => Form::Table(include(query)?),
                    (
                        "PartialObjectMetadata" | "PartialObjectMetadataList",
                        (Some("meta.k8s.io"), Some("v1")),
                    ) => Form::Metadata,
                    _ => continue,
                }
            }
        };
        return Ok(Accepted { media, form });
    }
    Err(refusal(watch))
}

/// Chooses JSON or YAML for an answer that has no other form. Errors: 406.
pub(crate) fn plain(headers: &HeaderMap) -> ApiResult<Media> {
    let all = alternatives(headers);
    if all.is_empty() {
        return Ok(Media::Json);
    }
    let found = all.iter().find_map(|a| match a.media {
        "application/json" | "*/*" | "application/*" if a.parameter("as").is_none() => Some(Media::Json),
        "application/yaml" if a.parameter("as").is_none() => Some(Media::Yaml),
        _ => None,
    });
    found.ok_or_else(|| refusal(false))
}

fn refusal(watch: bool) -> ApiError {
    let known = if watch { "application/json;stream=watch" } else { "application/json, application/yaml" };
    ApiError::not_acceptable(format!("only the following media types are accepted: {known}"))
}

fn include(query: &Query) -> ApiResult<Include> {
    match query.get("includeObject").unwrap_or_default() {
        "" | "Metadata" => Ok(Include::Metadata),
        "None" => Ok(Include::None),
        "Object" => Ok(Include::Object),
        other => Err(ApiError::bad_request(format!(
            "Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(accept: &str, watch: bool) -> Result<(Media, Form), u16> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().expect("a header"));
        objects(&headers, &Query::default(), watch).map(|a| (a.media, a.form)).map_err(|e| e.code())
    }

    #[test]
    fn the_first_that_can_be_made_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let partial = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
        let cases = [
            (table, Ok((Media::Json, Form::Table(Include::Metadata)))),
            (partial, Ok((Media::Json, Form::Metadata))),
            ("application/yaml", Ok((Media::Yaml, Form::Native))),
            ("*/*", Ok((Media::Json, Form::Native))),
            ("application/json;q=0.5,application/yaml", Ok((Media::Yaml, Form::Native))),
            ("application/vnd.kubernetes.protobuf", Err(406)),
            ("application/json;as=Table;v=v2;g=meta.k8s.io", Err(406)),
            ("text/html", Err(406)),
        ];
        for (accept, expected) in cases {
            assert_eq!(choose(accept, false), expected, "{accept}");
        }
        assert_eq!(choose("application/yaml", true), Err(406));
    }
}
