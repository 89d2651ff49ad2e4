"""What a request went through, told in OpenTelemetry's words to whoever collects traces."""
