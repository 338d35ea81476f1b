//! The subscriber: logs to standard error, spans to an OTLP endpoint where one is given.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs and traces could not be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The OTLP endpoint is no good.
    #[error("cannot send traces to {endpoint}")]
    Exporter {
        /// As given.
        endpoint: String,
        /// Why.
        #[source]
        source: opentelemetry_otlp::ExporterBuildError,
    },
    /// Another subscriber is there.
    #[error("logging is set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends what is still waiting when it is dropped.
#[must_use = "spans are sent when the guard is dropped"]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown()
        {
            tracing::debug!(error = %error, "the last spans were not sent");
        }
    }
}

/// Sets up logs, filtered by `RUST_LOG` (default `info`), and traces of `service` to `otlp` (gRPC). Must be
/// called inside the runtime when `otlp` is given.
pub fn init(service: &'static str, format: Format, otlp: Option<&str>) -> Result<Guard, SetupError> {
    let provider = otlp.map(|endpoint| provider(service, endpoint)).transpose()?;
    let spans = provider.as_ref().map(|p| tracing_opentelemetry::layer().with_tracer(p.tracer(service)));
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        Format::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        Format::Json => log.json().flatten_event(true).with_current_span(true).boxed(),
    };
    tracing_subscriber::registry().with(spans).with(log.with_filter(filter())).try_init()?;
    Ok(Guard(provider))
}

fn provider(service: &'static str, endpoint: &str) -> Result<SdkTracerProvider, SetupError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|source| SetupError::Exporter { endpoint: endpoint.to_owned(), source })?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
