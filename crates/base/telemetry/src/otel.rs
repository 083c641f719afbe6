//! Export of spans to an OpenTelemetry collector over OTLP/HTTP.

use kontor_config::SecretUrl;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::Registry;

use crate::TraceContext;

pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    pub fn new(endpoint: &SecretUrl, sample_percent: u8) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.expose())
            .build()?;
        let own = Sampler::TraceIdRatioBased(f64::from(sample_percent) / 100.0);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(own)))
            .with_resource(Resource::builder().with_service_name("kontor").build())
            .build();
        Ok(Self(provider))
    }

    pub fn layer(&self) -> OpenTelemetryLayer<Registry, SdkTracer> {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("kontor"))
    }

    pub fn shut_down(&self) {
        if let Err(cause) = self.0.shutdown() {
            tracing::warn!(%cause, "the last spans were not exported");
        }
    }
}

pub(crate) fn attach(context: &TraceContext, span: &tracing::Span) {
    let flags = if context.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let remote = SpanContext::new(
        TraceId::from_bytes(context.trace_id.to_be_bytes()),
        SpanId::from_bytes(context.parent_id.to_be_bytes()),
        flags,
        true,
        TraceState::default(),
    );
    // Refused only for a span that has begun its own trace already, which then stays as it is.
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
}
